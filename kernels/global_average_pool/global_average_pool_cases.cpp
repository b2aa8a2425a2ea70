#include "tern/kernels/global_average_pool/global_average_pool.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"

namespace tern::cases {
namespace {

using namespace global_average_pool_passes;

std::vector<PassCase> passes(const std::string& name, const Shape& image, bool benchmark = false) {
    const TensorSpec x{image}, y{{image[0], image[3]}};
    const std::int64_t pixels = image[1] * image[2];
    return {
        case_of<Forward>(name, {.x = x}, {.y = y}, {.y = Bound::products(pixels)}, {.benchmark = benchmark}),
        case_of<Backward>(name, {.dy = y}, {.dx = x}, {.dx = Bound::relative(1)}, {.benchmark = benchmark})};
}

}  // namespace

OpCases global_average_pool_cases() {
    OpCases result;
    for (const auto& [name, image] : {std::pair{"no image", Shape{0, 2, 2, 3}},
                                      {"one pixel", Shape{2, 1, 1, 5}},
                                      {"odd", Shape{3, 5, 7, 37}}}) {
        for (PassCase& pass : passes(name, image)) result.passes.push_back(std::move(pass));
    }
    for (PassCase& pass : passes("mini_xception", {64, 16, 16, 128}, true))
        result.passes.push_back(std::move(pass));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return passes("random", {draw(1, 4), draw(1, 20), draw(1, 20), draw(1, 70)});
    };
    result.gradients = {
        {"odd", {{{2, 3, 2, 3}}}, [](const Tensors& in) { return Tensors{global_average_pool(in[0])}; }}};
    result.errors = {
        {"rank",
         [] {
             global_average_pool(Tensor::zeros({4, 4}));
         },
         "[global_average_pool] the input must be (N, H, W, C) with at least one pixel, got (4,4)"},
        {"no pixel",
         [] {
             global_average_pool(Tensor::zeros({1, 0, 4, 2}));
         },
         "[global_average_pool] the input must be (N, H, W, C) with at least one pixel, got (1,0,4,2)"}};
    for (const PassCase& pass : passes("dispatch", {1, 4, 4, 3})) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
    }
    return result;
}

}  // namespace tern::cases
