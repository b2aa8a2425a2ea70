#include "tern/kernels/quantized_global_average_pool/quantized_global_average_pool.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/quantized_global_average_pool/quantized_global_average_pool_passes.hpp"

namespace tern::cases {
namespace {

using namespace quantized_global_average_pool_passes;

PassCase forward(std::string name, const Shape& image, const QuantizedGlobalAveragePoolParams& params,
                 bool benchmark = false) {
    return case_of<Forward>(std::move(name), params, {.x = {image, 0, 255, DType::uint8}},
                            {.y = {{image[0], image[3]}, 0, 0, DType::uint8}}, {.y = Bound::exact()},
                            {.benchmark = benchmark});
}

}  // namespace

OpCases quantized_global_average_pool_cases() {
    OpCases result;
    result.passes = {forward("no image", {0, 4, 4, 3}, {}), forward("one pixel", {1, 1, 1, 1}, {255, 3, 200}),
                     forward("odd", {2, 7, 5, 37}, {10, 8, 128}), forward("halves", {3, 2, 1, 64}, {0, 1, 0}),
                     forward("mini_xception", {64, 16, 16, 128}, {0, 1.5F, 0}, true)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const QuantizedGlobalAveragePoolParams params{static_cast<int>(draw(0, 255)),
                                                      static_cast<float>(draw(1, 64)) / 8,
                                                      static_cast<int>(draw(0, 255))};
        return std::vector{forward("random", {draw(1, 3), draw(1, 9), draw(1, 9), draw(1, 80)}, params)};
    };
    result.errors = {{"rank",
                      [] {
                          quantized_global_average_pool(Tensor::zeros({4, 4}, DType::uint8), {});
                      },
                      "[quantized_global_average_pool] the input must be (N, H, W, C), got (4,4)"},
                     {"no pixels",
                      [] {
                          quantized_global_average_pool(Tensor::zeros({1, 0, 4, 2}, DType::uint8), {});
                      },
                      "[quantized_global_average_pool] an image must have 1 to 2^23 pixels, got 0"}};
    result.dispatch = {{result.passes[2]}, {result.passes[2], DType::float32, "ref", "ref"}};
    return result;
}

}  // namespace tern::cases
