#include "tern/kernels/fake_quantize/fake_quantize.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/fake_quantize/fake_quantize_passes.hpp"

namespace tern::cases {
namespace {

using namespace fake_quantize_passes;

// All versions give the same numbers, for inputs that reach beyond the ends and for those between two numbers.
std::vector<PassCase> passes(const std::string& name, const Shape& shape, const Shape& scales,
                             const FakeQuantizeParams& params, bool benchmark = false) {
    constexpr double kScale = 0.25;
    const auto fixed = [](const Shape& of, double low, double high, double step = 0) {
        return TensorSpec{
            .shape = of, .low = low, .high = high, .dtype = DType::float32, .step = step, .fixed = true};
    };
    const double low = 1.2 * kScale * (params.low - 10), high = 1.2 * kScale * (params.high + 10);
    const TensorSpec scale = fixed(scales, kScale / 2, kScale), even = fixed(scales, kScale, kScale),
                     dy = fixed(shape, -1, 1);
    std::vector<PassCase> all;
    const auto add = [&](const std::string& title, const TensorSpec& x, const TensorSpec& of, bool timed) {
        all.push_back(case_of<Forward>(title, params, {.x = x, .scale = of}, {.y = fixed(shape, 0, 0)},
                                       {.y = Bound::exact()}, {.benchmark = timed}));
        all.push_back(case_of<Backward>(title, params, {.x = x, .scale = of, .dy = dy},
                                        {.dx = fixed(shape, 0, 0)}, {.dx = Bound::exact()},
                                        {.benchmark = timed}));
    };
    add(name, fixed(shape, low, high), scale, benchmark);
    add(name + ", halves", fixed(shape, low, high, kScale / 2), even, false);
    return all;
}

}  // namespace

OpCases fake_quantize_cases() {
    OpCases result;
    const auto append = [&](std::vector<PassCase> more) {
        for (PassCase& one : more) result.passes.push_back(std::move(one));
    };
    append(passes("nothing", {0, 3}, {}, {0, 255}));
    append(passes("no row", {0, 3}, {0}, {-127, 127}));
    append(passes("one", {}, {}, {-127, 127}));
    append(passes("weights", {7, 3, 5, 5}, {7}, {-127, 127}));
    append(passes("rows beyond a thread", {3, 40'001}, {3}, {-131, 124}));
    append(passes("mini_xception", {64, 32, 32, 64}, {}, {0, 255}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const std::int64_t rows = draw(1, 9);
        return passes("random", {rows, draw(1, 99)}, draw(0, 1) == 0 ? Shape{} : Shape{rows},
                      {static_cast<int>(-draw(0, 300)), static_cast<int>(draw(0, 300))});
    };
    // Steps of 1.5e-11 are too small to be seen by differences of 2e-5: at most 7.5e-7 of a gradient of 1.
    result.gradients = {{"inside",
                         {{{3, 5}, -1.5e-5, 1.5e-5}},
                         [](const Tensors& in) {
                             const Tensor scale = Tensor::full({}, 1.5e-11, DType::float64);
                             return Tensors{fake_quantize(in[0], scale, -(1 << 21), 1 << 21)};
                         }},
                        {"outside", {{{3, 5}, 2, 3}}, [](const Tensors& in) {
                             const Tensor scale = Tensor::full({3}, 0.01, DType::float64);
                             return Tensors{fake_quantize(in[0], scale, -100, 100)};
                         }}};
    const Tensor x = Tensor::zeros({2, 3}), one = Tensor::full({}, 1);
    result.errors = {
        {"type",
         [] { fake_quantize(Tensor::zeros({2}, DType::int32), Tensor::zeros({}, DType::int32), 0, 1); },
         "[fake_quantize] input and scale must be of one floating-point type, got int32 and int32"},
        {"rows", [x] { fake_quantize(x, Tensor::full({3}, 1), 0, 1); },
         "[fake_quantize] scale must be one number or one for each of the 2 rows, got (3)"},
        {"scale", [x] { fake_quantize(x, Tensor::zeros({2}), 0, 1); },
         "[fake_quantize] a scale must be above 0, got 0"},
        {"low", [x, one] { fake_quantize(x, one, 1, 2); },
         "[fake_quantize] low and high must be at least -2^21 and at most 2^21 with 0 between, got 1 and 2"},
        {"high", [x, one] { fake_quantize(x, one, 0, 1 << 22); },
         "[fake_quantize] low and high must be at least -2^21 and at most 2^21 with 0 between, got 0 and "
         "4194304"}};
    result.dispatch = {{result.passes[0]}, {result.passes[0], DType::float32, "ref", "ref"}};
    return result;
}

}  // namespace tern::cases
