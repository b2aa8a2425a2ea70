#include "tern/kernels/rmsprop_step/rmsprop_step.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/rmsprop_step/rmsprop_step_passes.hpp"

namespace tern::cases {
namespace {

using namespace rmsprop_step_passes;

const TensorSpec kNoFactor{.shape = {}, .defined = false};

enum class Mask : bool { none, some };

TensorSpec factor_of(double low, double high) { return {{}, low, high, DType::float32}; }

// |g + decay w| <= 1.1. sqrt(v') >= sqrt(alpha 0.01) >= 0.09 and sqrt(v') >= sqrt(1 - alpha) |g|, so that a change is
// at most 10; with |b| <= 1 a step of at most 0.01 moves a weight by at most 0.11. Roundings: of g 3, of v' 4 more
// and half of them in its root, of the sum, the quotient and the buffer 3. They are relative to the gradient's parts,
// of which decay w is at most 0.1 of 1.1: where these cancel the change is small too, relative to 1.1 / 0.09.
PassCase step_case(std::string name, const Shape& shape, const RmspropParams& params, bool benchmark = false,
                   const TensorSpec& factor = kNoFactor, Mask masked = Mask::none) {
    const TensorSpec weights{shape}, square{shape, 0.01, 1}, rate{{}, 0.001, 0.01, DType::float64};
    TensorSpec buffer{shape}, mask{shape, 0, 1};
    buffer.defined = params.momentum > 0;
    mask.defined = masked == Mask::some;
    return case_of<Step>(std::move(name), params,
                         {.w = weights,
                          .square = square,
                          .buffer = buffer,
                          .g = {shape},
                          .learning_rate = rate,
                          .gradient_factor = factor,
                          .decay_mask = mask},
                         {.new_w = weights, .new_square = square, .new_buffer = buffer},
                         {.new_w = Bound::relative(10, 0.13),
                          .new_square = Bound::relative(10, 0.01),
                          .new_buffer = Bound::relative(10, 13)},
                         {.benchmark = benchmark, .in_place = true});
}

ErrorCase wrong(std::string name, const RmspropParams& params, bool with_buffer, std::string message) {
    return {std::move(name),
            [params, with_buffer] {
                const Tensor w = Tensor::zeros({2});
                rmsprop_step(w, w, with_buffer ? w : Tensor(), w, Tensor::zeros({}, DType::float64), params);
            },
            std::move(message)};
}

std::vector<ErrorCase> errors() {
    const Tensor w = Tensor::zeros({2}), rate = Tensor::zeros({}, DType::float64);
    return {
        wrong("alpha 1", {.alpha = 1}, false, "[rmsprop_step] alpha must be in [0, 1), got 1"),
        wrong("epsilon", {.epsilon = -1}, false, "[rmsprop_step] epsilon must be at least 0, got -1"),
        wrong("momentum 1", {.momentum = 1}, true, "[rmsprop_step] the momentum must be in [0, 1), got 1"),
        wrong("decay", {.weight_decay = -2}, false,
              "[rmsprop_step] the weight decay must be at least 0, got -2"),
        wrong("no buffer", {.momentum = 0.9}, false, "[rmsprop_step] momentum 0.9 without a buffer"),
        wrong("a buffer for nothing", {}, true, "[rmsprop_step] momentum 0 with a buffer"),
        {"shapes differ", [=] { rmsprop_step(w, w, {}, Tensor::zeros({3}), rate, {}); },
         "[rmsprop_step] a buffer float32 (3) on cpu for weights float32 (2) on cpu"},
        {"a mask in float64",
         [=] { rmsprop_step(w, w, {}, w, rate, {}, {}, Tensor::zeros({2}, DType::float64)); },
         "[rmsprop_step] a buffer float64 (2) on cpu for weights float32 (2) on cpu"},
        {"16-bit weights",
         [=] {
             const Tensor half = Tensor::zeros({2}, DType::float16);
             rmsprop_step(half, half, {}, half, rate, {});
         },
         "[rmsprop_step] the weights must be float32 or float64, got float16 (2) on cpu"},
        {"learning rate in float32", [=] { rmsprop_step(w, w, {}, w, Tensor::zeros({}), {}); },
         "[rmsprop_step] the learning rate must be one float64 on cpu, got float32 () on cpu"},
        {"factor in float64", [=] { rmsprop_step(w, w, {}, w, rate, {}, rate); },
         "[rmsprop_step] the gradients' factor must be one float32 on cpu, got float64 () on cpu"},
    };
}

}  // namespace

OpCases rmsprop_step_cases() {
    OpCases result;
    const RmspropParams plain, decayed{.weight_decay = 0.1},
        momentum{.alpha = 0.9, .momentum = 0.9, .weight_decay = 0.1};
    result.passes = {
        step_case("empty", {0}, momentum),
        step_case("one", {1}, plain),
        step_case("odd", {37}, plain),
        step_case("decay", {65}, decayed),
        step_case("momentum", {130}, momentum),
        step_case("gradients times a factor", {65}, momentum, false, factor_of(0.25, 1)),
        step_case("a factor of 0", {65}, momentum, false, factor_of(0, 0)),
        step_case("plain, a factor of 0", {65}, plain, false, factor_of(0, 0)),
        step_case("decay of some weights", {131}, decayed, false, kNoFactor, Mask::some),
        step_case("momentum, decay of some weights", {67}, momentum, false, factor_of(0.25, 1), Mask::some),
        step_case("mini_xception_dense", {391050}, momentum, true)};
    result.random = [=](std::uint64_t seed) {
        Draw draw(seed);
        const Shape shape{draw(0, 300)};
        return std::vector{step_case("random", shape, plain), step_case("random", shape, momentum)};
    };
    result.errors = errors();
    result.dispatch = {{step_case("float32", {5}, momentum)},
                       {step_case("float64", {5}, momentum), DType::float64, "auto", "ref"},
                       {step_case("forced", {5}, plain), DType::float32, "rmsprop_step=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
