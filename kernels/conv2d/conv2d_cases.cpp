#include "tern/kernels/conv2d/conv2d.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"

namespace tern::cases {
namespace {

using namespace conv2d_passes;

// Winograd's method (winograd.hpp) has a bound in norm: pixels of a tile that cancel in one output are rounded
// with the magnitude of the others. Every number on the way, taken with its weight in the result, is at most
// `growth` times the largest |a| |b|, the product of two rows' worth of |A^T| (|G| 1 * |B^T| 1) (Barabasz et
// al., 2018; growth = 24.9^2 for outputs, 30.8^2 with |G^T| (|A| 1 * |B^T| 1) for weights). A result sums
// `sums` such numbers and is rounded once per addition and 24 times in the transforms: as Bound::products,
// with growth in the place of the products per sum. The floor is a bias of up to 1.
Bound winograd(std::int64_t sums, double growth) {
    return {4 * std::sqrt(static_cast<double>(sums + 24)) * growth * static_cast<double>(sums),
            Bound::Magnitude::largest_inputs, 1 / growth};
}
constexpr double kOutputGrowth = 24.9 * 24.9, kWeightGrowth = 30.8 * 30.8;

// The passes of one convolution with `outputs` channels.
std::vector<PassCase> passes(const std::string& name, const Shape& image, std::int64_t outputs,
                             const Window2d& window, std::int64_t groups = 1, bool benchmark = false) {
    const Shape weight{outputs, image[3] / groups, window.kernel_h, window.kernel_w};
    const Shape output = conv2d_output_shape(image, weight, window, groups);
    const std::int64_t taps = window.kernel_h * window.kernel_w, windows = output[0] * output[1] * output[2];
    const Conv2dParams params{window, groups};
    const TensorSpec x{image}, w{weight}, bias{{outputs}}, y{output};
    TensorSpec no_bias = bias;
    no_bias.defined = false;
    const Bound forward = Bound::products(taps * weight[1] + 1);
    std::vector<PassCase> all{
        case_of<Forward>(name, params, {.x = x, .w = w, .bias = bias}, {.y = y}, {.y = forward},
                         {.benchmark = benchmark}),
        case_of<BackwardInput>(name, params, {.dy = y, .w = w}, {.dx = x},
                               {.dx = Bound::products(taps * outputs / groups)}, {.benchmark = benchmark}),
        case_of<BackwardWeight>(name, params, {.x = x, .dy = y}, {.dw = w}, {.dw = Bound::products(windows)},
                                {.benchmark = benchmark}),
        case_of<BackwardBias>(name, params, {.dy = y}, {.dbias = bias}, {.dbias = Bound::products(windows)},
                              {.benchmark = benchmark}),
    };
    const std::int64_t tiles = output[0] * ((output[1] + 3) / 4) * ((output[2] + 3) / 4);
    all[0].own_bounds = {{CpuWinograd::kName, {winograd(image[3], kOutputGrowth)}}};
    all[1].own_bounds = {{CpuWinograd::kName, {winograd(outputs, kOutputGrowth)}}};
    all[2].own_bounds = {{CpuWinograd::kName, {winograd(tiles, kWeightGrowth)}}};
    if (!benchmark) {
        all.push_back(case_of<Forward>(name + ", no bias", params, {.x = x, .w = w, .bias = no_bias},
                                       {.y = y}, {.y = forward}));
        all.back().own_bounds = all[0].own_bounds;
    }
    return all;
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

std::vector<PassCase> timed(const std::string& name, std::int64_t inputs, std::int64_t outputs) {
    return passes(name, {64, 32, 32, inputs}, outputs, Window2d::square(3, 1, 1), 1, true);
}

GradientCase gradient(std::string name, const Shape& image, std::int64_t outputs, const Window2d& window,
                      std::int64_t groups, bool bias) {
    return {std::move(name),
            {{image},
             {{outputs, image[3] / groups, window.kernel_h, window.kernel_w}},
             {.shape = {outputs}, .defined = bias}},
            [=](const Tensors& in) { return Tensors{conv2d(in[0], in[1], in[2], window, groups)}; }};
}

std::vector<PassCase> random_passes(std::uint64_t seed) {
    Draw draw(seed);
    const Window2d window{draw(1, 4), draw(1, 4), draw(1, 3), draw(1, 3), draw(1, 2),
                          draw(1, 2), draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)};
    const std::int64_t groups = draw(0, 2) == 0 ? draw(2, 4) : 1;
    const std::int64_t inputs = groups * draw(1, 20), outputs = groups * draw(1, 70 / groups);
    std::vector<PassCase> all =
        passes("random", {draw(1, 3), window.span_h() + draw(0, 6), window.span_w() + draw(0, 9), inputs},
               outputs, window, groups);
    const Window2d plain{3, 3, 1, 1, 1, 1, draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)};
    append(all, passes("random 3x3", {draw(1, 3), 3 + draw(0, 9), 3 + draw(0, 9), draw(1, 30)}, draw(1, 40),
                       plain));
    return all;
}

std::vector<ErrorCase> wrong_arguments() {
    const Tensor x = Tensor::zeros({1, 4, 4, 4});
    const Window2d window = Window2d::square(3);
    return {
        {"input channels",
         [] {
             conv2d(Tensor::zeros({32, 32, 32, 16}), Tensor::zeros({64, 8, 3, 3}), {},
                    Window2d::square(3, 1, 1));
         },
         "[conv2d] weight has 8 input channels, expected 16 = channels / groups (input (32,32,32,16), weight "
         "(64,8,3,3), groups 1)"},
        {"rank",
         [=] {
             conv2d(Tensor::zeros({4, 4, 4}), Tensor::zeros({2, 4, 3, 3}), {}, window);
         },
         "[conv2d] the input must be (N, H, W, C), got (4,4,4)"},
        {"weight rank",
         [=] {
             conv2d(x, Tensor::zeros({2, 4}), {}, window);
         },
         "[conv2d] weight must be (O, I/groups, KH, KW), got (2,4)"},
        {"no group",
         [=] {
             conv2d(x, Tensor::zeros({2, 4, 3, 3}), {}, window, 0);
         },
         "[conv2d] groups must be at least 1, got 0"},
        {"groups and channels",
         [=] {
             conv2d(x, Tensor::zeros({3, 1, 3, 3}), {}, window, 3);
         },
         "[conv2d] groups must divide the 4 channels (input (1,4,4,4), weight (3,1,3,3), groups 3)"},
        {"groups and outputs",
         [=] {
             conv2d(x, Tensor::zeros({3, 2, 3, 3}), {}, window, 2);
         },
         "[conv2d] groups must divide the 3 outputs (input (1,4,4,4), weight (3,2,3,3), groups 2)"},
        {"kernel",
         [=] {
             conv2d(x, Tensor::zeros({2, 4, 3, 2}), {}, window);
         },
         "[conv2d] weight is (2,4,3,2), but the window has kernel 3x3, stride 1x1, dilation 1x1, padding "
         "0+0,0+0"},
        {"window too large",
         [=] {
             conv2d(Tensor::zeros({1, 2, 4, 4}), Tensor::zeros({2, 4, 3, 3}), {}, window);
         },
         "[conv2d] the padded input is smaller than the window (input (1,2,4,4), kernel 3x3, stride 1x1, "
         "dilation 1x1, padding 0+0,0+0)"},
        {"bias",
         [=] {
             conv2d(x, Tensor::zeros({2, 4, 3, 3}), Tensor::zeros({4}), window);
         },
         "[conv2d] bias is (4), expected (O) = (2)"},
        {"types differ",
         [=] {
             conv2d(x, Tensor::zeros({2, 4, 3, 3}, DType::float64), {}, window);
         },
         "[conv2d] input, weight and bias must be of one floating-point type, got float32 and float64"},
    };
}

}  // namespace

OpCases conv2d_cases() {
    OpCases result;
    const Window2d same = Window2d::square(3, 1, 1), stride2 = Window2d::square(3, 2);
    const Window2d odd{2, 3, 2, 3, 3, 2, 2, 0, 1, 3};
    append(result.passes, passes("no image", {0, 4, 4, 3}, 5, same));
    append(result.passes, passes("no channel", {1, 4, 4, 0}, 5, same));
    append(result.passes, passes("no output", {1, 4, 4, 3}, 0, same));
    append(result.passes, passes("one pixel", {1, 1, 1, 1}, 1, same));
    append(result.passes, passes("3 channels", {2, 8, 7, 3}, 32, same));
    append(result.passes, passes("3x3", {2, 9, 8, 32}, 64, same));
    append(result.passes, passes("odd channels", {2, 6, 11, 13}, 37, same));
    append(result.passes, passes("several images per sum", {11, 5, 4, 16}, 16, same));
    append(result.passes, passes("3x3 in whole tiles", {1, 8, 16, 16}, 48, same));
    append(result.passes, passes("3x3 without padding", {2, 9, 12, 16}, 20, Window2d::square(3)));
    append(result.passes, passes("3x3, uneven padding", {3, 6, 5, 8}, 33, {3, 3, 1, 1, 1, 1, 2, 0, 3, 1}));
    append(result.passes, passes("more tiles than a partial sum has", {5, 30, 29, 5}, 6, same));
    append(result.passes, passes("1x1", {2, 5, 7, 20}, 70, Window2d::square(1)));
    append(result.passes, passes("1x1 stride 2", {2, 5, 7, 16}, 16, Window2d::square(1, 2)));
    append(result.passes, passes("stride 2", {2, 9, 8, 16}, 24, stride2.same(9, 8)));
    append(result.passes, passes("stride 4 leaves pixels unread", {1, 9, 10, 5}, 6, Window2d::square(2, 4)));
    append(result.passes, passes("everything odd", {2, 11, 13, 5}, 7, odd));
    append(result.passes, passes("wider than the image", {1, 3, 2, 4}, 6, Window2d::square(5, 1, 4)));
    append(result.passes, passes("padded beyond the window", {1, 3, 3, 4}, 6, Window2d::square(2, 1, 3)));
    append(result.passes, passes("2 groups", {2, 6, 7, 32}, 64, same, 2));
    append(result.passes, passes("3 groups, everything odd", {2, 11, 13, 6}, 15, odd, 3));
    append(result.passes, passes("a group per channel", {2, 5, 6, 6}, 12, same, 6));
    append(result.passes, passes("large rows", {1, 40, 150, 33}, 17, same));
    append(result.passes, passes("more windows than one split has", {1, 33, 35, 3}, 4, same));
    append(result.passes, with_exact_gradients(passes("3x3", {2, 9, 8, 32}, 64, same)));
    append(result.passes, with_exact_gradients(passes("odd channels", {2, 6, 11, 13}, 37, same)));
    append(result.passes, with_exact_gradients(passes("1x1", {2, 5, 7, 24}, 72, Window2d::square(1))));
    append(result.passes,
           with_exact_gradients(passes("3 groups, everything odd", {2, 11, 13, 6}, 15, odd, 3)));
    append(result.passes,
           with_exact_gradients(passes("more windows than one split has", {1, 33, 35, 3}, 4, same)));
    append(result.passes, timed("3x3 3-32", 3, 32));
    append(result.passes, timed("3x3 32-64", 32, 64));
    append(result.passes, timed("3x3 64-64", 64, 64));
    append(result.passes, timed("3x3 64-128", 64, 128));
    append(result.passes, timed("3x3 128-128", 128, 128));
    result.random = random_passes;
    result.gradients = {gradient("3x3 with bias", {2, 4, 5, 3}, 2, same, 1, true),
                        gradient("everything odd", {1, 7, 8, 2}, 3, odd, 1, false),
                        gradient("groups, stride 2", {1, 5, 6, 4}, 6, stride2.same(5, 6), 2, true)};
    result.errors = wrong_arguments();
    for (const PassCase& pass : passes("float32", {1, 4, 4, 3}, 5, same)) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::float32, "ref", "ref"});
    }
    for (const PassCase& pass : passes("channels for Winograd", {1, 16, 16, 16}, 32, same)) {
        const bool of_bias = pass.pass == &info_of<BackwardBias>();
        result.dispatch.push_back({pass, DType::float32, "auto", of_bias ? "cpu" : "cpu_winograd"});
        result.dispatch.push_back({pass, DType::float32, "auto,conv2d=cpu", "cpu"});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
    }
    const auto forward_is_direct = [&](const std::string& name, const Shape& image, std::int64_t outputs,
                                       const Window2d& window, std::int64_t groups = 1) {
        result.dispatch.push_back({passes(name, image, outputs, window, groups)[0]});
    };
    forward_is_direct("few channels", {1, 16, 16, 3}, 32, same);
    forward_is_direct("few tiles", {1, 12, 12, 16}, 32, same);
    forward_is_direct("little of each tile", {4, 5, 5, 16}, 32, same);
    forward_is_direct("stride 2", {1, 32, 32, 16}, 32, Window2d::square(3, 2, 1));
    forward_is_direct("dilation 2", {1, 20, 20, 16}, 32, Window2d::square(3, 1, 1, 2));
    forward_is_direct("5x5", {1, 20, 20, 16}, 32, Window2d::square(5, 1, 1));
    forward_is_direct("groups", {1, 16, 16, 64}, 64, same, 2);
    return result;
}

}  // namespace tern::cases
