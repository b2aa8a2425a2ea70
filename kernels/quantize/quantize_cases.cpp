#include "tern/kernels/quantize/quantize.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/quantize/quantize_passes.hpp"

namespace tern::cases {
namespace {

using namespace quantize_passes;

// All versions give the same bytes and numbers; the inputs reach beyond what bytes stand for.
std::vector<PassCase> passes(const std::string& name, const Shape& shape, const Quantization& params,
                             bool benchmark = false) {
    const double low = -1.2 * params.scale * (params.zero + 10),
                 high = 1.2 * params.scale * (265 - params.zero);
    const TensorSpec numbers{
        .shape = shape, .low = low, .high = high, .dtype = DType::float32, .fixed = true};
    const TensorSpec halves{.shape = shape,
                            .low = low,
                            .high = high,
                            .dtype = DType::float32,
                            .step = params.scale / 2,
                            .fixed = true};
    const TensorSpec bytes{shape, 0, 255, DType::uint8};
    return {case_of<Forward>(name, params, {.x = numbers}, {.y = bytes}, {.y = Bound::exact()},
                             {.benchmark = benchmark}),
            case_of<Forward>(name + ", halves", params, {.x = halves}, {.y = bytes}, {.y = Bound::exact()}),
            case_of<Inverse>(name, params, {.x = bytes}, {.y = numbers}, {.y = Bound::exact()},
                             {.benchmark = benchmark})};
}

}  // namespace

OpCases quantize_cases() {
    OpCases result;
    const auto append = [&](std::vector<PassCase> more) {
        for (PassCase& one : more) result.passes.push_back(std::move(one));
    };
    append(passes("nothing", {0, 3}, {}));
    append(passes("one", {1}, {0.5F, 255}));
    append(passes("odd", {3, 5, 7}, {0.013F, 131}));
    append(passes("more than a thread takes", {70'001}, {2, 0}));
    append(passes("mini_xception", {64, 32, 32, 3}, {0.02F, 120}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return passes("random", {draw(1, 5), draw(1, 300)},
                      {static_cast<float>(draw(1, 1000)) / 256, static_cast<int>(draw(0, 255))});
    };
    result.errors = {{"type", [] { quantize(Tensor::zeros({1}, DType::float64), {}); },
                      "[quantize] the input must be float32, got float64"},
                     {"scale",
                      [] {
                          dequantize(Tensor::zeros({1}, DType::uint8), {0, 0});
                      },
                      "[dequantize] scale must be above 0, got 0"}};
    result.dispatch = {{result.passes[0]}, {result.passes[0], DType::float32, "ref", "ref"}};
    return result;
}

}  // namespace tern::cases
