#include "tern/kernels/max_pool2d/max_pool2d.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"

namespace tern::cases {
namespace {

using namespace max_pool2d_passes;

// Two passes of one pool. A maximum is exact; the gradient adds at most one dy per window that reads a pixel.
std::vector<PassCase> passes(const std::string& name, const Shape& image, const Window2d& window,
                             bool benchmark = false) {
    const TensorSpec x{image}, y{window_output_shape("cases", image, window, image[3])};
    const std::int64_t taps = window.kernel_h * window.kernel_w;
    const MaxPool2dParams params{window};
    return {
        case_of<Forward>(name, params, {.x = x}, {.y = y}, {.y = Bound::exact()}, {.benchmark = benchmark}),
        case_of<Backward>(name, params, {.dy = {y.shape, 0, 1}, .x = x}, {.dx = x},
                          {.dx = Bound::relative(static_cast<double>(taps))}, {.benchmark = benchmark})};
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

GradientCase gradient(std::string name, const Shape& image, const Window2d& window) {
    return {std::move(name), {{image}}, [window](const Tensors& in) {
                return Tensors{max_pool2d(in[0], window)};
            }};
}

}  // namespace

OpCases max_pool2d_cases() {
    OpCases result;
    const Window2d mini_xception = Window2d::square(3, 2).same(32, 32);
    const Window2d dense = Window2d::square(3, 2, 1);
    const Window2d odd{2, 3, 2, 1, 2, 1, 1, 2, 0, 1};
    append(result.passes, passes("no image", {0, 4, 4, 3}, dense));
    append(result.passes, passes("one pixel", {1, 1, 1, 1}, dense));
    append(result.passes, passes("extra pixel after", {2, 8, 6, 5}, Window2d::square(3, 2).same(8, 6)));
    append(result.passes, passes("padding on both sides", {2, 7, 5, 37}, dense));
    append(result.passes, passes("everything odd", {2, 7, 6, 3}, odd));
    append(result.passes, passes("mini_xception", {64, 32, 32, 128}, mini_xception, true));
    append(result.passes, passes("mini_xception_dense", {64, 32, 32, 128}, dense, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Window2d window{draw(1, 4), draw(1, 4), draw(1, 3), draw(1, 3), draw(1, 2),
                              draw(1, 2), draw(0, 2), draw(0, 2), draw(0, 2), draw(0, 2)};
        return passes("random",
                      {draw(1, 3), window.span_h() + draw(0, 6), window.span_w() + draw(0, 6), draw(1, 40)},
                      window);
    };
    result.gradients = {gradient("extra pixel after", {2, 4, 4, 3}, Window2d::square(3, 2).same(4, 4)),
                        gradient("everything odd", {1, 6, 5, 2}, odd)};
    result.errors = {
        {"dilation beyond all numbers",
         [] {
             const Window2d window = Window2d::square(3, 1, 0, std::int64_t{1} << 62);
             max_pool2d(Tensor::zeros({1, 4, 4, 1}), window);
         },
         "[max_pool2d] kernel, stride, dilation and padding must be at most 2147483647, got kernel "
         "3x3, stride 1x1, dilation 4611686018427387904x4611686018427387904, padding 0+0,0+0"},
        {"rank",
         [] {
             max_pool2d(Tensor::zeros({4, 4}), Window2d::square(2));
         },
         "[max_pool2d] the input must be (N, H, W, C), got (4,4)"},
        {"integers",
         [] {
             max_pool2d(Tensor::zeros({1, 4, 4, 1}, DType::uint8), Window2d::square(2));
         },
         "[max_pool2d] the input must be of a floating-point type, got uint8"}};
    for (const PassCase& pass : passes("dispatch", {1, 4, 4, 3}, dense)) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
    }
    return result;
}

}  // namespace tern::cases
