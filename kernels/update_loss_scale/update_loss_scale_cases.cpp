#include "tern/kernels/update_loss_scale/update_loss_scale.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/update_loss_scale/update_loss_scale_passes.hpp"

namespace tern::cases {
namespace {

using namespace update_loss_scale_passes;

// Up to `largest`: 3.403e38 is float32's limit, what lies above becomes infinite.
PassCase update_case(std::string name, const Shape& shape, double largest, std::int64_t interval,
                     bool benchmark = false) {
    const TensorSpec scale{{}, 0.5, 100000, DType::float32}, good_steps{{}, 0, 20, DType::int64},
        gradients{shape, -1, largest, DType::float32};
    return case_of<Forward>(
        std::move(name), {interval}, {.gradients = gradients, .scale = scale, .good_steps = good_steps},
        {.new_scale = scale, .new_good_steps = good_steps, .factor = scale},
        {.new_scale = Bound::exact(), .new_good_steps = Bound::exact(), .factor = Bound::relative(1)},
        {.benchmark = benchmark});
}

std::vector<ErrorCase> errors() {
    const Tensor g = Tensor::zeros({2}), one = Tensor::zeros({}), count = Tensor::zeros({}, DType::int64);
    return {
        {"16-bit gradients", [=] { update_loss_scale(one, count, one, Tensor::zeros({2}, DType::float16)); },
         "[update_loss_scale] gradients must be float32 or float64, got float16 (2) on cpu"},
        {"scale in float64", [=] { update_loss_scale(Tensor::zeros({}, DType::float64), count, one, g); },
         "[update_loss_scale] scale must be one float32 on cpu, got float64 () on cpu"},
        {"count in float", [=] { update_loss_scale(one, one, one, g); },
         "[update_loss_scale] good_steps must be one int64 on cpu, got float32 () on cpu"},
        {"two factors", [=] { update_loss_scale(one, count, g, g); },
         "[update_loss_scale] factor must be one float32 on cpu, got float32 (2) on cpu"},
        {"no interval", [=] { update_loss_scale(one, count, one, g, {.growth_interval = 0}); },
         "[update_loss_scale] the growth interval must be at least 1, got 0"}};
}

}  // namespace

OpCases update_loss_scale_cases() {
    OpCases result;
    result.passes = {update_case("empty", {0}, 1, 2000),
                     update_case("one", {1}, 1, 2000),
                     update_case("one that is infinite", {1}, 1e45, 2000),
                     update_case("grows at any step", {37}, 1, 1),
                     update_case("some are infinite", {5000}, 3.41e38, 1),
                     update_case("mini_xception_dense", {391050}, 1, 2000, true)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const double largest = draw(0, 1) == 0 ? 1 : 3.5e38;
        return std::vector{update_case("random", {draw(0, 9000)}, largest, draw(1, 30))};
    };
    result.errors = errors();
    result.dispatch = {{update_case("float32", {5}, 1, 1), DType::float32, "auto", "ref"}};
    return result;
}

}  // namespace tern::cases
