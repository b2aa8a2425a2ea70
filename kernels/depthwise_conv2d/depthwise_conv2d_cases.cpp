#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"

namespace tern::cases {
namespace {

using namespace depthwise_conv2d_passes;

// The three passes of one convolution.
std::vector<PassCase> passes(const std::string& name, const Shape& image, const Window2d& window,
                             bool benchmark = false) {
    const Shape weight{image[3], 1, window.kernel_h, window.kernel_w};
    const Shape output = depthwise_conv2d_output_shape(image, weight, window);
    const std::int64_t taps = window.kernel_h * window.kernel_w;
    const DepthwiseConv2dParams params{window};
    const TensorSpec x{image}, w{weight}, bias{{image[3]}}, y{output};
    TensorSpec no_bias = bias;
    no_bias.defined = false;
    std::vector<PassCase> all{
        case_of<Forward>(name, params, {.x = x, .w = w, .bias = no_bias}, {.y = y},
                         {.y = Bound::products(taps)}, {.benchmark = benchmark}),
        case_of<BackwardInput>(name, params, {.dy = y, .w = w}, {.dx = x}, {.dx = Bound::products(taps)},
                               {.benchmark = benchmark}),
        case_of<BackwardWeight>(name, params, {.x = x, .dy = y}, {.dw = w},
                                {.dw = Bound::products(output[0] * output[1] * output[2])},
                                {.benchmark = benchmark}),
    };
    if (!benchmark) {
        all.push_back(case_of<Forward>(name + ", bias", params, {.x = x, .w = w, .bias = bias}, {.y = y},
                                       {.y = Bound::products(taps + 1)}));
    }
    return all;
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

GradientCase gradient(std::string name, const Shape& image, const Window2d& window, bool bias) {
    return {
        std::move(name),
        {{image}, {{image[3], 1, window.kernel_h, window.kernel_w}}, {.shape = {image[3]}, .defined = bias}},
        [window](const Tensors& in) { return Tensors{depthwise_conv2d(in[0], in[1], in[2], window)}; }};
}

}  // namespace

OpCases depthwise_conv2d_cases() {
    OpCases result;
    const Window2d same = Window2d::square(3, 1, 1);
    const Window2d odd{2, 3, 2, 3, 3, 2, 2, 0, 1, 3};
    append(result.passes, passes("no image", {0, 4, 4, 3}, same));
    append(result.passes, passes("one pixel", {1, 1, 1, 1}, same));
    append(result.passes, passes("3x3", {2, 7, 5, 16}, same));
    append(result.passes, passes("odd channels", {3, 6, 9, 37}, same));
    append(result.passes, passes("stride 2", {2, 9, 8, 20}, Window2d::square(3, 2).same(9, 8)));
    append(result.passes, passes("everything odd", {2, 11, 13, 5}, odd));
    // The CPU's blocks are of 8, 4 and 1 outputs, its weights of 7, 5, 3 and 1, its vectors of 16, 8 and 1.
    append(result.passes, passes("7x7", {2, 9, 21, 24}, Window2d::square(7, 1, 3)));
    append(result.passes, passes("7x7, dilation 2", {1, 13, 20, 29}, Window2d::square(7, 1, 6, 2)));
    append(result.passes,
           passes("7x7, dilation 3 and borders alone", {1, 5, 7, 9}, Window2d::square(7, 1, 9, 3)));
    append(result.passes, passes("11x11, 6 columns", {1, 8, 6, 16}, Window2d::square(11, 1, 5)));
    append(result.passes, passes("5x5, stride 3", {2, 14, 37, 24}, Window2d::square(5, 3, 2)));
    append(result.passes, passes("stride and dilation 2", {2, 9, 22, 17}, Window2d::square(3, 2, 2, 2)));
    append(result.passes, passes("stride 2, dilation 3", {1, 12, 25, 8}, Window2d::square(3, 2, 3, 3)));
    append(result.passes, passes("pixels that no tap reads", {1, 10, 11, 33}, Window2d::square(2, 3)));
    append(result.passes, passes("stride larger than the image", {1, 2, 2, 5}, Window2d::square(3, 4, 2)));
    append(result.passes, passes("wider than the image", {1, 3, 2, 4}, Window2d::square(5, 1, 4)));
    // The CUDA kernel's tile is 4 rows by 16 columns by 64 channels.
    append(result.passes, passes("several tiles", {1, 9, 35, 72}, same));
    append(result.passes, with_exact_gradients(passes("several tiles", {1, 9, 35, 72}, same)));
    append(result.passes, with_exact_gradients(passes("everything odd", {2, 11, 13, 5}, odd)));
    append(result.passes, passes("mini_xception 64", {64, 32, 32, 64}, same, true));
    append(result.passes, passes("mini_xception 128", {64, 32, 32, 128}, same, true));
    const auto tiniest = [](std::int64_t dilation) { return Window2d::square(7, 1, 3 * dilation, dilation); };
    append(result.passes, passes("tiniest 7x7", {16, 32, 32, 48}, tiniest(1), true));
    append(result.passes, passes("tiniest 7x7, dilation 2", {16, 32, 32, 48}, tiniest(2), true));
    append(result.passes, passes("tiniest 7x7, dilation 3", {16, 32, 32, 48}, tiniest(3), true));
    append(result.passes, passes("tiniest 7x7 96", {16, 16, 16, 96}, tiniest(1), true));
    append(result.passes, passes("tiniest stride 2", {16, 32, 32, 24}, Window2d::square(3, 2, 1), true));
    append(result.passes, passes("mobilenet_v2 144", {16, 32, 32, 144}, Window2d::square(3, 2, 1), true));
    append(result.passes, passes("mobilenet_v2 576", {16, 8, 8, 576}, Window2d::square(3, 2, 1), true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Window2d window{draw(1, 8), draw(1, 8), draw(1, 4), draw(1, 4), draw(1, 3),
                              draw(1, 3), draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)};
        return passes("random",
                      {draw(1, 3), window.span_h() + draw(0, 6), window.span_w() + draw(0, 12), draw(1, 70)},
                      window);
    };
    result.gradients = {gradient("3x3", {2, 4, 5, 3}, same, false),
                        gradient("3x3 with bias", {2, 4, 5, 3}, same, true),
                        gradient("everything odd", {1, 7, 8, 2}, odd, true),
                        gradient("7x7, dilation 2", {1, 5, 6, 2}, Window2d::square(7, 1, 6, 2), true),
                        gradient("stride 2", {1, 6, 7, 2}, Window2d::square(3, 2, 1), false)};
    result.errors = {
        {"rank",
         [] {
             depthwise_conv2d(Tensor::zeros({4, 4, 3}), Tensor::zeros({3, 1, 3, 3}), {}, Window2d::square(3));
         },
         "[depthwise_conv2d] the input must be (N, H, W, C), got (4,4,3)"},
        {"channels",
         [] {
             depthwise_conv2d(Tensor::zeros({1, 4, 4, 3}), Tensor::zeros({2, 1, 3, 3}), {},
                              Window2d::square(3));
         },
         "[depthwise_conv2d] weight is (2,1,3,3), expected (C, 1, KH, KW) = (3,1,3,3) (input (1,4,4,3))"},
        {"window too large",
         [] {
             depthwise_conv2d(Tensor::zeros({1, 2, 4, 3}), Tensor::zeros({3, 1, 3, 3}), {},
                              Window2d::square(3));
         },
         "[depthwise_conv2d] the padded input is smaller than the window (input (1,2,4,3), kernel 3x3, "
         "stride 1x1, "
         "dilation 1x1, padding 0+0,0+0)"},
        {"stride 0",
         [] {
             depthwise_conv2d(Tensor::zeros({1, 4, 4, 3}), Tensor::zeros({3, 1, 3, 3}), {},
                              Window2d::square(3, 0));
         },
         "[depthwise_conv2d] kernel, stride and dilation must be at least 1, got kernel 3x3, stride 0x0, "
         "dilation "
         "1x1, padding 0+0,0+0"},
        {"bias",
         [] {
             depthwise_conv2d(Tensor::zeros({1, 4, 4, 3}), Tensor::zeros({3, 1, 3, 3}), Tensor::zeros({2}),
                              Window2d::square(3));
         },
         "[depthwise_conv2d] bias is (2), expected (C) = (3)"},
        {"types differ",
         [] {
             depthwise_conv2d(Tensor::zeros({1, 4, 4, 3}), Tensor::zeros({3, 1, 3, 3}, DType::float64), {},
                              Window2d::square(3));
         },
         "[depthwise_conv2d] input, weight and bias must be of one floating-point type, got float32 and "
         "float64"},
    };
    for (const PassCase& pass : passes("float32", {1, 4, 4, 3}, same)) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::float32, "ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
