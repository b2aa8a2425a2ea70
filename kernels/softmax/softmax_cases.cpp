#include "tern/kernels/softmax/softmax.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"

namespace tern::cases {
namespace {

using namespace softmax_passes;

constexpr double kRange = 5;  // logits in [-kRange, kRange]

// Both passes, each with and without the logarithm. The roundings of x - max are up to kRange eps and become
// relative ones of the exponential; the sum of K terms adds sqrt(K) of them.
std::vector<PassCase> passes(const std::string& name, const Shape& shape, bool benchmark = false) {
    const auto count = static_cast<double>(std::max<std::int64_t>(1, shape[-1]));
    const double roundings = 2 * kRange + 4 + 4 * std::sqrt(count);
    const SoftmaxParams plain{false}, log{true};
    const TensorSpec x{shape, -kRange, kRange}, dy{shape};
    // Probabilities of about the right sum, and logarithms of such.
    const TensorSpec y{shape, 0, 2 / count}, log_y{shape, -std::log(count) - 2, -std::log(count)};
    return {
        case_of<Forward>(name, plain, {.x = x}, {.y = dy}, {.y = Bound::relative(roundings)},
                         {.benchmark = benchmark}),
        case_of<Forward>(name + ", log", log, {.x = x}, {.y = dy},
                         {.y = Bound::relative(roundings, 2 * kRange)}, {.benchmark = benchmark}),
        // y (dy - sum y dy), |sum| <= 2 and y <= 2 / K
        case_of<Backward>(name, plain, {.y = y, .dy = dy}, {.dx = dy},
                          {.dx = Bound::relative(roundings, 4 / count)}, {.benchmark = benchmark}),
        // exp(y) sum dy, exp(y) <= 1 / K and |sum dy| <= K
        case_of<Backward>(name + ", log", log, {.y = log_y, .dy = dy}, {.dx = dy},
                          {.dx = Bound::relative(roundings, 1)}, {.benchmark = benchmark}),
    };
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

}  // namespace

OpCases softmax_cases() {
    OpCases result;
    append(result.passes, passes("no rows", {0, 5}));
    append(result.passes, passes("no columns", {3, 0}));
    append(result.passes, passes("one", {1}));
    append(result.passes, passes("one column", {6, 1}));
    append(result.passes, passes("classes", {64, 10}));
    append(result.passes, passes("odd", {3, 5, 77}));
    append(result.passes, passes("more than a chunk", {2, 5001}));
    append(result.passes, passes("1000 classes", {4096, 1000}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return passes("random", {draw(0, 5), draw(1, 9), draw(1, 150)});
    };
    result.gradients = {
        {"softmax", {{{3, 7}, -2, 2}}, [](const Tensors& in) { return Tensors{softmax(in[0])}; }},
        {"log_softmax", {{{3, 7}, -2, 2}}, [](const Tensors& in) { return Tensors{log_softmax(in[0])}; }},
    };
    result.errors = {
        {"scalar", [] { softmax(Tensor::zeros({})); }, "[softmax] the input must be (..., K), got a scalar"},
        {"integers",
         [] {
             log_softmax(Tensor::zeros({2, 3}, DType::int32));
         },
         "[log_softmax] the input must be of a floating-point type, got int32"},
    };
    for (const PassCase& pass : passes("float32", {2, 3})) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::float32, "softmax=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
