#include "tern/kernels/channel_moments/channel_moments.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern::cases {
namespace {

using namespace channel_moments_passes;

// x in [centre - 1, centre + 1]
void add(std::vector<PassCase>& all, const std::string& name, const Shape& shape, double centre = 0.25,
         bool benchmark = false) {
    const TensorSpec x{shape, centre - 1, centre + 1};
    const TensorSpec mean{{shape[-1]}, centre - 0.1, centre + 0.1, DType::float32};
    const TensorSpec grad{{shape[-1]}, -1, 1, DType::float32};
    TensorSpec no_grad = grad;
    no_grad.defined = false;
    const auto rows = static_cast<double>(rows_of(shape));
    // The mean: M additions of numbers up to |centre| + 1. The variance: M additions of squares, each with
    // two roundings; the error of the mean enters as its square.
    const double additions = 4 * std::sqrt(rows), size = std::fabs(centre) + 1;
    const double error_of_mean = additions * size * epsilon_of(DType::float32);
    all.push_back(case_of<Forward>(name, {.x = x}, {.mean = grad, .variance = grad},
                                   {.mean = Bound::relative(additions, size),
                                    .variance = Bound::relative(additions + 4, size * error_of_mean)},
                                   {.benchmark = benchmark}));
    const auto backward = [&](const std::string& full, const TensorSpec& dmean, const TensorSpec& dvariance) {
        all.push_back(case_of<Backward>(full, {.x = x, .mean = mean, .dmean = dmean, .dvariance = dvariance},
                                        {.dx = x}, {.dx = Bound::relative(6, (size + 1) / rows)},
                                        {.benchmark = benchmark}));
    };
    backward(name, grad, grad);
    if (benchmark) return;
    backward(name + ", mean alone", grad, no_grad);
    backward(name + ", variance alone", no_grad, grad);
}

GradientCase gradient(std::string name, const Shape& shape) {
    return {std::move(name), {{shape}}, [](const Tensors& in) {
                const Moments moments = channel_moments(in[0]);
                return Tensors{moments.mean, moments.variance};
            }};
}

}  // namespace

OpCases channel_moments_cases() {
    OpCases result;
    add(result.passes, "no channel", {3, 0});
    add(result.passes, "one", {1});
    add(result.passes, "one row", {1, 19});
    add(result.passes, "two rows", {2, 5});
    add(result.passes, "image", {2, 7, 5, 16});
    add(result.passes, "odd", {3, 5, 7, 37});
    add(result.passes, "many channels", {3, 4, 600});
    add(result.passes, "several chunks", {2500, 64}, 3);
    add(result.passes, "far from zero", {300, 20}, 100);
    add(result.passes, "64", {64, 32, 32, 64}, 0.25, true);
    add(result.passes, "128", {64, 32, 32, 128}, 0.25, true);
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        std::vector<PassCase> some;
        add(some, "random", {draw(1, 9), draw(1, 60), draw(1, 150)}, static_cast<double>(draw(-3, 3)));
        return some;
    };
    result.gradients = {gradient("image", {2, 3, 2, 3}), gradient("one row", {1, 4})};
    result.errors = {
        {"no row",
         [] {
             channel_moments(Tensor::zeros({0, 4, 4, 3}));
         },
         "[channel_moments] at least one row is needed, the input is (0,4,4,3)"},
        {"scalar", [] { channel_moments(Tensor::zeros({})); },
         "[channel_moments] the input must be (..., C) of a floating-point type, got float32 () on cpu"},
        {"integers",
         [] {
             channel_moments(Tensor::zeros({2, 3}, DType::int32));
         },
         "[channel_moments] the input must be (..., C) of a floating-point type, got int32 (2,3) on cpu"},
    };
    std::vector<PassCase> small;
    add(small, "float32", {4, 3});
    for (const PassCase& pass : small) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::bfloat16, "auto", "cpu"});
        result.dispatch.push_back({pass, DType::float32, "channel_moments=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
