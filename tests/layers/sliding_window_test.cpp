// Windows of layers: what their options may say, and what is refused.
#include "tern/layers/sliding_window.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/conv2d/conv2d.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

template <class Options>
concept needs_its_kernel = requires {
    Options{.kernel = 1, .padding = 1};
}
&&!requires { Options{.padding = 1}; };
static_assert(needs_its_kernel<Conv2dOptions> && needs_its_kernel<DepthwiseConv2dOptions> &&
              needs_its_kernel<SeparableConv2dOptions> && needs_its_kernel<MaxPool2dOptions> &&
              needs_its_kernel<AvgPool2dOptions>);

void check_same_bits(const Tensor& a, const Tensor& b) {
    CHECK(a.shape() == b.shape());
    CHECK(cases::to_doubles(a) == cases::to_doubles(b));
}

std::string at_least_1(const std::string& layer, const std::string& window) {
    return "[" + layer + "] kernel, stride and dilation must be at least 1, got " + window;
}

}  // namespace

TEST_CASE("sizes and paddings differ by side") {
    const Tensor image = cases::make_tensor({{2, 8, 7, 4}}, DType::float32, 1);
    Conv2d conv(4, 4,
                {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 3}, .dilation = {1, 2}, .groups = 2});
    conv.initialize(Initialization::pytorch, 0);
    check_same_bits(conv(image),
                    conv2d(image, conv.weight(), conv.bias(), {3, 2, 2, 1, 1, 2, 1, 1, 3, 3}, 2));
    DepthwiseConv2d depthwise(4, {.kernel = 2, .padding = {{0, 1}, {3, 2}}});
    depthwise.initialize(Initialization::pytorch, 0);
    check_same_bits(depthwise(image),
                    depthwise_conv2d(image, depthwise.weight(), {}, {2, 2, 1, 1, 1, 1, 0, 1, 3, 2}));
    MaxPool2d max({.kernel = {2, 3}, .padding = {{1, 0}, {0, 2}}, .dilation = {3, 1}});
    check_same_bits(max(image), max_pool2d(image, {2, 3, 2, 3, 3, 1, 1, 0, 0, 2}));
    AvgPool2d average({.kernel = {2, 3}, .stride = 1, .padding = 1, .dilation = {1, 2}});
    check_same_bits(average(image), avg_pool2d(image, {2, 3, 1, 1, 1, 2, 1, 1, 1, 1}));
}

TEST_CASE("\"same\" padding follows stride, dilation and image") {
    SeparableConv2d layer(4, 3, {.kernel = {3, 4}, .stride = {2, 3}, .padding = kSame, .dilation = 2});
    layer.initialize(Initialization::pytorch, 0);
    for (const std::int64_t height : {5, 6, 7, 8}) {
        const Tensor image = cases::make_tensor({{1, height, 10, 4}}, DType::float32, 1);
        CHECK(layer(image).shape() == Shape{1, (height + 1) / 2, 4, 3});
    }
}

TEST_CASE("a convolution refuses a window out of range where it is made") {
    CHECK_THROWS_WITH(Conv2d(3, 4, {.kernel = 0}),
                      at_least_1("Conv2d", "kernel 0x0, stride 1x1, dilation 1x1, padding 0+0,0+0"));
    CHECK_THROWS_WITH(Conv2d(3, 4, {.kernel = {3, 5}, .stride = {2, -1}, .padding = kSame}),
                      at_least_1("Conv2d", "kernel 3x5, stride 2x-1, dilation 1x1, padding 0+0,0+0"));
    CHECK_THROWS_WITH(DepthwiseConv2d(3, {.kernel = 3, .dilation = 0}),
                      at_least_1("DepthwiseConv2d", "kernel 3x3, stride 1x1, dilation 0x0, padding 0+0,0+0"));
    CHECK_THROWS_WITH(SeparableConv2d(3, 4, {.kernel = {1, 0}}),
                      at_least_1("DepthwiseConv2d", "kernel 1x0, stride 1x1, dilation 1x1, padding 0+0,0+0"));
}

TEST_CASE("a pool refuses a window out of range where it is made") {
    CHECK_THROWS_WITH(MaxPool2d({.kernel = -2}),
                      at_least_1("MaxPool2d", "kernel -2x-2, stride -2x-2, dilation 1x1, padding 0+0,0+0"));
    CHECK_THROWS_WITH(AvgPool2d({.kernel = 2, .stride = 0}),
                      at_least_1("AvgPool2d", "kernel 2x2, stride 0x0, dilation 1x1, padding 0+0,0+0"));
    CHECK_THROWS_WITH(MaxPool2d({.kernel = 2, .padding = {{0, 1}, {-1, 0}}}),
                      "[MaxPool2d] padding must not be negative, got kernel 2x2, stride 2x2, dilation 1x1, "
                      "padding 0+1,-1+0");
    CHECK_THROWS_WITH(AvgPool2d({.kernel = 1, .stride = std::int64_t{1} << 31}),
                      "[AvgPool2d] kernel, stride, dilation and padding must be at most 2147483647, got "
                      "kernel 1x1, stride 2147483648x2147483648, dilation 1x1, padding 0+0,0+0");
}
