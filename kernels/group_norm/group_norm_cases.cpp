#include "tern/kernels/group_norm/group_norm.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern::cases {
namespace {

using namespace group_norm_passes;

// Large, because a group of a few numbers may have next to no variance: 1 / sqrt(variance + epsilon) < 4.5 is
// the factor that the error of the mean is scaled by.
constexpr double kEpsilon = 0.05;

// |gamma| < 1.5, |x - mean| / sqrt(variance + epsilon) < 2 * 4.5 and |beta| < 1, so |y| < 14.5; backwards
// r < 1.4, |gamma dy| < 1.5, |xhat| < 1.7: |dx| < 1.4 (1.5 + 1.5 + 1.7 * 1.5 * 1.7) < 11.
constexpr double kLargest = 14.5;

std::vector<PassCase> passes(const std::string& name, const Shape& shape, std::int64_t groups,
                             bool benchmark = false) {
    const GroupNormParams params{groups, kEpsilon};
    const Shape channels{shape[-1]}, per_group{shape[0], groups};
    const TensorSpec x{shape}, gamma{channels, 0.5, 1.5, DType::float32};
    const TensorSpec beta{channels, -1, 1, DType::float32};
    const TensorSpec mean{per_group, -0.2, 0.2, DType::float32};
    const TensorSpec variance{per_group, 0.5, 2, DType::float32};
    // Additions in the sums: over a group for y and dx, over all rows for dgamma and dbeta, whose terms are up
    // to 1.7.
    const auto rows = static_cast<double>(rows_of(shape));
    const double group =
        shape[0] == 0 ? 0 : rows / static_cast<double>(shape[0] * groups) * static_cast<double>(shape[-1]);
    const double in_group = 4 * std::sqrt(group) + 16, in_rows = 4 * std::sqrt(rows) + 16;
    const Bound moment = Bound::relative(in_group, 1), element = Bound::relative(in_group, kLargest);
    const Bound sum = Bound::relative(in_rows, 2 * rows);
    return {
        case_of<Forward>(name, params, {.x = x, .gamma = gamma, .beta = beta},
                         {.y = x, .mean = mean, .variance = mean},
                         {.y = element, .mean = moment, .variance = moment}, {.benchmark = benchmark}),
        case_of<Backward>(name, params, {.x = x, .mean = mean, .variance = variance, .gamma = gamma, .dy = x},
                          {.dx = x, .dgamma = gamma, .dbeta = beta},
                          {.dx = element, .dgamma = sum, .dbeta = sum}, {.benchmark = benchmark})};
}

GradientCase gradient(std::string name, const Shape& shape, std::int64_t groups) {
    const Shape channels{shape[-1]};
    return {std::move(name), {{shape}, {channels, 0.5, 1.5}, {channels}}, [groups](const Tensors& in) {
                return Tensors{group_norm(in[0], in[1], in[2], {groups, 1e-3})};
            }};
}

ErrorCase error(std::string name, const Shape& shape, const GroupNormParams& params, std::string message) {
    return {std::move(name),
            [=] {
                const Tensor vector = Tensor::zeros({shape[-1]});
                group_norm(Tensor::zeros(shape), vector, vector, params);
            },
            std::move(message)};
}

}  // namespace

OpCases group_norm_cases() {
    OpCases result;
    const auto add = [&](const std::string& name, const Shape& shape, std::int64_t groups,
                         bool benchmark = false) {
        for (PassCase& pass : passes(name, shape, groups, benchmark))
            result.passes.push_back(std::move(pass));
    };
    add("no image", {0, 2, 3, 8}, 4);
    add("no image and no channel", {0, 0}, 1);
    add("no pixels between", {3, 6}, 2);
    add("rows", {150, 77}, 1);
    add("long rows", {5, 1283}, 1);
    add("rows in groups", {67, 1, 60}, 3);
    add("one number per group", {2, 1, 1, 5}, 5);
    add("one group", {2, 3, 5, 12}, 1);
    add("instances", {3, 4, 4, 7}, 7);
    add("odd", {3, 5, 7, 39}, 13);
    add("a group in many packs", {2, 3, 3, 640}, 2);
    add("several chunks", {2, 37, 31, 64}, 8);
    add("rows of 512", {4096, 512}, 1, true);
    add("64 in 8", {64, 32, 32, 64}, 8, true);
    add("128 in 32", {64, 16, 16, 128}, 32, true);
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const std::int64_t groups = draw(1, 6), width = draw(1, 20);
        if (draw(0, 2) == 0) return passes("random rows", {draw(1, 200), groups * width}, groups);
        return passes("random", {draw(1, 5), draw(1, 12), draw(1, 12), groups * width}, groups);
    };
    result.gradients = {gradient("two groups", {2, 2, 3, 6}, 2), gradient("one group", {3, 4}, 1),
                        gradient("instances", {2, 3, 2}, 2)};
    result.errors = {
        error("rank", {4}, {},
              "[group_norm] the input must be (N, ..., C) of a floating-point type, got "
              "float32 (4) on cpu"),
        error("no pixel", {2, 0, 4, 8}, {},
              "[group_norm] an image needs at least one number, the input is (2,0,4,8)"),
        error("groups", {2, 4, 8}, {3},
              "[group_norm] groups must be at least 1 and divide the channels, got 3 groups of 8 channels"),
        error("no group", {2, 4, 8}, {0},
              "[group_norm] groups must be at least 1 and divide the channels, got 0 groups of 8 channels"),
        error("epsilon", {2, 4, 8}, {2, -1}, "[group_norm] epsilon must be at least 0, got -1"),
        {"beta's shape",
         [] {
             group_norm(Tensor::zeros({2, 3}), Tensor::zeros({3}), Tensor::zeros({1, 3}));
         },
         "[group_norm] beta is float32 (1,3) on cpu, expected float32 (C) = (3) (input float32 (2,3) on "
         "cpu)"},
    };
    for (const PassCase& pass : passes("dispatch", {2, 4, 4, 6}, 3)) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::bfloat16, "auto", "cpu"});
    }
    return result;
}

}  // namespace tern::cases
