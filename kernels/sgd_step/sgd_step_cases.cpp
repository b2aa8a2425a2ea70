#include "tern/kernels/sgd_step/sgd_step.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/sgd_step/sgd_step_passes.hpp"

namespace tern::cases {
namespace {

using namespace sgd_step_passes;

const TensorSpec kNoFactor{.shape = {}, .defined = false};

enum class Mask : bool { none, some };

TensorSpec factor_of(double low, double high) { return {{}, low, high, DType::float32}; }

// |g + decay w| <= 1.1, |b'| <= 2.1, Nesterov's sum <= 3.1: rates up to 0.1 move a weight by less than 0.4.
PassCase step_case(std::string name, const Shape& shape, const SgdParams& params, bool benchmark = false,
                   const TensorSpec& factor = kNoFactor, Mask masked = Mask::none) {
    const TensorSpec weights{shape}, rate{{}, 0.01, 0.1, DType::float64};
    TensorSpec buffer{shape};
    buffer.defined = params.momentum > 0;
    TensorSpec mask{shape, 0, 1};
    mask.defined = masked == Mask::some;
    return case_of<Step>(
        std::move(name), params,
        {.w = weights,
         .buffer = buffer,
         .g = {shape},
         .learning_rate = rate,
         .gradient_factor = factor,
         .decay_mask = mask},
        {.new_w = weights, .new_buffer = buffer},
        {.new_w = Bound::relative(masked == Mask::some ? 5 : 4, 0.4), .new_buffer = Bound::relative(2, 2)},
        {.benchmark = benchmark, .in_place = true});
}

ErrorCase wrong(std::string name, const SgdParams& params, bool with_buffer, std::string message) {
    return {std::move(name),
            [params, with_buffer] {
                const Tensor w = Tensor::zeros({2});
                sgd_step(w, with_buffer ? w : Tensor(), w, Tensor::zeros({}, DType::float64), params);
            },
            std::move(message)};
}

std::vector<ErrorCase> errors() {
    const Tensor w = Tensor::zeros({2}), rate = Tensor::zeros({}, DType::float64);
    return {
        wrong("momentum 1", {.momentum = 1}, true, "[sgd_step] the momentum must be in [0, 1), got 1"),
        wrong("decay", {.weight_decay = -2}, false, "[sgd_step] the weight decay must be at least 0, got -2"),
        wrong("no momentum", {.nesterov = true}, false, "[sgd_step] Nesterov's variant needs a momentum"),
        wrong("no buffer", {.momentum = 0.9}, false, "[sgd_step] momentum 0.9 without a buffer"),
        wrong("a buffer for nothing", {}, true, "[sgd_step] momentum 0 with a buffer"),
        {"shapes differ", [=] { sgd_step(w, {}, Tensor::zeros({3}), rate, {}); },
         "[sgd_step] a buffer float32 (3) on cpu for weights float32 (2) on cpu"},
        {"16-bit weights",
         [=] {
             const Tensor half = Tensor::zeros({2}, DType::float16);
             sgd_step(half, {}, half, rate, {});
         },
         "[sgd_step] the weights must be float32 or float64, got float16 (2) on cpu"},
        {"learning rate in float32", [=] { sgd_step(w, {}, w, Tensor::zeros({}), {}); },
         "[sgd_step] the learning rate must be one float64 on cpu, got float32 () on cpu"},
        {"factor in float64", [=] { sgd_step(w, {}, w, rate, {}, rate); },
         "[sgd_step] the gradients' factor must be one float32 on cpu, got float64 () on cpu"},
    };
}

}  // namespace

OpCases sgd_step_cases() {
    OpCases result;
    const SgdParams plain, decayed{.weight_decay = 0.1}, momentum{.momentum = 0.9, .weight_decay = 0.1},
        nesterov{.momentum = 0.9, .weight_decay = 0.1, .nesterov = true};
    result.passes = {
        step_case("empty", {0}, momentum),
        step_case("one", {1}, plain),
        step_case("gradients times a factor", {65}, momentum, false, factor_of(0.25, 1)),
        step_case("plain, gradients times a factor", {65}, decayed, false, factor_of(0.25, 1)),
        step_case("a factor of 0", {65}, momentum, false, factor_of(0, 0)),
        step_case("plain, a factor of 0", {65}, plain, false, factor_of(0, 0)),
        step_case("decay", {37}, decayed),
        step_case("momentum", {37}, momentum),
        step_case("nesterov", {130}, nesterov),
        step_case("decay of some weights", {131}, decayed, false, kNoFactor, Mask::some),
        step_case("momentum, decay of some weights", {67}, momentum, false, factor_of(0.25, 1), Mask::some),
        step_case("mini_xception_dense", {391050}, momentum, true)};
    result.random = [=](std::uint64_t seed) {
        Draw draw(seed);
        const Shape shape{draw(0, 300)};
        return std::vector{step_case("random", shape, decayed), step_case("random", shape, momentum),
                           step_case("random", shape, nesterov)};
    };
    result.errors = errors();
    result.dispatch = {{step_case("float32", {5}, momentum)},
                       {step_case("float64", {5}, momentum), DType::float64, "auto", "ref"},
                       {step_case("forced", {5}, plain), DType::float32, "sgd_step=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
