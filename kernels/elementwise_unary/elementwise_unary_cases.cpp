#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

#include <array>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"

namespace tern::cases {
namespace {

using namespace elementwise_unary_passes;

struct UnaryKindCase {
    const char* name;
    ElementwiseUnaryParams params;
    double low, high;  // of x: inside the domain, away from poles and kinks
    Tensor (*function)(const Tensor&);
};

const std::array kKinds{
    UnaryKindCase{"neg", {UnaryKind::neg}, -3, 3, neg},
    UnaryKindCase{"exp", {UnaryKind::exp}, -5, 5, exp},
    UnaryKindCase{"log", {UnaryKind::log}, 0.1, 5, log},
    UnaryKindCase{"sqrt", {UnaryKind::sqrt}, 0.1, 5, sqrt},
    UnaryKindCase{"abs", {UnaryKind::abs}, -3, -0.1, abs},
    UnaryKindCase{"abs of positive", {UnaryKind::abs}, 0.1, 3, abs},
    UnaryKindCase{"square", {UnaryKind::square}, -3, 3, square},
    UnaryKindCase{"reciprocal", {UnaryKind::reciprocal}, 0.2, 3, reciprocal},
    UnaryKindCase{"scale_shift",
                  {UnaryKind::scale_shift, -1.7, 0.3},
                  -3,
                  3,
                  [](const Tensor& x) { return scale_shift(x, -1.7, 0.3); }},
};

// Both passes of all kinds. At most three roundings, the library's functions within 1 ulp; the sum of
// scale_shift rounds terms of up to 5.1.
std::vector<PassCase> passes(const std::string& name, const Shape& shape, bool benchmark = false) {
    std::vector<PassCase> all;
    for (const UnaryKindCase& kind : kKinds) {
        const bool shift = kind.params.kind == UnaryKind::scale_shift;
        const bool constant = shift || kind.params.kind == UnaryKind::neg;
        const TensorSpec x{shape, kind.low, kind.high}, saved{shape, kind.low, kind.high, {}, !constant};
        const std::string full = name + ", " + kind.name;
        all.push_back(case_of<Forward>(full, kind.params, {.x = x}, {.y = {shape}},
                                       {.y = Bound::relative(3, shift ? 5.1 : 0)}, {.benchmark = benchmark}));
        all.push_back(case_of<Backward>(full, kind.params, {.x = saved, .dy = {shape}}, {.dx = {shape}},
                                        {.dx = Bound::relative(4)}, {.benchmark = benchmark}));
    }
    return all;
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

}  // namespace

OpCases elementwise_unary_cases() {
    OpCases result;
    append(result.passes, passes("empty", {0, 3}));
    append(result.passes, passes("scalar", {}));
    append(result.passes, passes("odd", {7, 13}));
    append(result.passes, passes("several chunks", {3, 11111}));
    append(result.passes, passes("image batch", {64, 32, 32, 64}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return passes("random", {draw(0, 9), draw(1, 99)});
    };
    for (const UnaryKindCase& kind : kKinds) {
        result.gradients.push_back({kind.name,
                                    {{{3, 5}, kind.low, kind.high}},
                                    [f = kind.function](const Tensors& in) { return Tensors{f(in[0])}; }});
    }
    result.errors = {{"integers", [] { sqrt(Tensor::zeros({2}, DType::int64)); },
                      "[sqrt] the input must be of a floating-point type, got int64"}};
    for (const PassCase& pass : passes("float32", {2, 3})) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::float32, "ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
