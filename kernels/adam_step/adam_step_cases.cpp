#include "tern/kernels/adam_step/adam_step.hpp"

#include "tern/kernels/adam_step/adam_step_passes.hpp"
#include "tern/kernels/cases/cases.hpp"

namespace tern::cases {
namespace {

using namespace adam_step_passes;

const TensorSpec kNoFactor{.shape = {}, .defined = false};

enum class Mask : bool { none, some };

TensorSpec factor_of(double low, double high) { return {{}, low, high, DType::float32}; }

// With v >= 0.01 and rates up to 0.01 no update is larger than 0.2 (sqrt(v) >= 0.1; at the first step
// |m'| / 0.1 <= 10 over sqrt(v' / 0.001) >= 3). The moments lose digits where m and g cancel: relative to 1.
PassCase step_case(std::string name, const Shape& shape, const AdamParams& params, bool benchmark = false,
                   const TensorSpec& factor = kNoFactor, Mask masked = Mask::none) {
    const TensorSpec weights{shape}, moment{shape}, square{shape, 0.01, 1}, step{{}, 0, 20, DType::int64},
        rate{{}, 0.001, 0.01, DType::float64};
    TensorSpec mask{shape, 0, 1};
    mask.defined = masked == Mask::some;
    return case_of<Step>(std::move(name), params,
                         {.w = weights,
                          .m = moment,
                          .v = square,
                          .step = step,
                          .g = {shape},
                          .learning_rate = rate,
                          .gradient_factor = factor,
                          .decay_mask = mask},
                         {.new_w = weights, .new_m = moment, .new_v = square, .new_step = step},
                         {.new_w = Bound::relative(masked == Mask::some ? 9 : 8, 0.2),
                          .new_m = Bound::relative(2, 1),
                          .new_v = Bound::relative(4),
                          .new_step = Bound::exact()},
                         {.benchmark = benchmark, .in_place = true});
}

ErrorCase wrong(std::string name, const AdamParams& params, std::string message) {
    return {std::move(name),
            [params] {
                const Tensor w = Tensor::zeros({2});
                adam_step(w, w, w, Tensor::zeros({}, DType::int64), w, Tensor::zeros({}, DType::float64),
                          params);
            },
            std::move(message)};
}

std::vector<ErrorCase> errors() {
    const Tensor w = Tensor::zeros({2}), step = Tensor::zeros({}, DType::int64),
                 rate = Tensor::zeros({}, DType::float64);
    return {
        wrong("beta 1", {.beta1 = 1}, "[adam_step] betas must be in [0, 1), got 1 and 0.999"),
        wrong("epsilon", {.epsilon = -1}, "[adam_step] epsilon must be at least 0, got -1"),
        wrong("decay", {.weight_decay = -2}, "[adam_step] the weight decay must be at least 0, got -2"),
        {"shapes differ", [=] { adam_step(w, w, Tensor::zeros({3}), step, w, rate, {}); },
         "[adam_step] a buffer float32 (3) on cpu for weights float32 (2) on cpu"},
        {"16-bit weights",
         [=] {
             const Tensor half = Tensor::zeros({2}, DType::bfloat16);
             adam_step(half, half, half, step, half, rate, {});
         },
         "[adam_step] the weights must be float32 or float64, got bfloat16 (2) on cpu"},
        {"step is not an integer", [=] { adam_step(w, w, w, rate, w, rate, {}); },
         "[adam_step] the step must be one int64 on cpu, got float64 () on cpu"},
        {"learning rate in float32", [=] { adam_step(w, w, w, step, w, Tensor::zeros({}), {}); },
         "[adam_step] the learning rate must be one float64 on cpu, got float32 () on cpu"},
        {"factor in float64", [=] { adam_step(w, w, w, step, w, rate, {}, rate); },
         "[adam_step] the gradients' factor must be one float32 on cpu, got float64 () on cpu"},
    };
}

}  // namespace

OpCases adam_step_cases() {
    OpCases result;
    const AdamParams plain, coupled{.weight_decay = 0.1}, decoupled{.weight_decay = 0.1, .decoupled = true};
    result.passes = {
        step_case("empty", {0}, plain),
        step_case("one", {1}, plain),
        step_case("odd", {37}, plain),
        step_case("decay through the moments", {65}, coupled),
        step_case("decoupled decay", {130}, decoupled),
        step_case("decay of some weights", {131}, coupled, false, kNoFactor, Mask::some),
        step_case("decoupled decay of some weights", {67}, decoupled, false, factor_of(0.25, 1), Mask::some),
        step_case("gradients times a factor", {65}, coupled, false, factor_of(0.25, 1)),
        step_case("a factor of 0", {65}, decoupled, false, factor_of(0, 0)),
        step_case("mini_xception_dense", {391050}, plain, true)};
    result.random = [=](std::uint64_t seed) {
        Draw draw(seed);
        const Shape shape{draw(0, 300)};
        return std::vector{step_case("random", shape, plain), step_case("random", shape, decoupled)};
    };
    result.errors = errors();
    result.dispatch = {{step_case("float32", {5}, plain)},
                       {step_case("float64", {5}, plain), DType::float64, "auto", "ref"},
                       {step_case("forced", {5}, plain), DType::float32, "adam_step=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
