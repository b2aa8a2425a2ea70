#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/conv2d/conv2d.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/layers/activation_layer.hpp"
#include "tern/layers/flatten.hpp"
#include "tern/layers/group_norm.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/layer_norm.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/residual.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/layers/softmax_layer.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

Tensor values(const Shape& shape, DType dtype = DType::float32) {
    return cases::make_tensor({shape}, dtype, 1);
}

std::vector<float> floats(const Tensor& tensor) {
    const std::span<float> elements = tensor.elements<float>();
    return {elements.begin(), elements.end()};
}

// 0, 1, 2, ...
Tensor counting(const Shape& shape, float sign = 1) {
    std::vector<float> numbers(static_cast<std::size_t>(shape.numel()));
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = sign * static_cast<float>(i);
    return Tensor::from(shape, numbers);
}

// Largest difference between tensors of one shape; NaN if there is one.
double difference(const Tensor& a, const Tensor& b) {
    REQUIRE(a.shape() == b.shape());
    const std::vector<double> x = cases::to_doubles(a), y = cases::to_doubles(b);
    double largest = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double error = std::fabs(x[i] - y[i]);
        if (!(error <= largest)) largest = error;
    }
    return largest;
}

Tensor parameter(Module& module, const std::string& name) {
    for (const NamedTensor& named : module.parameters()) {
        if (named.name == name) return named.tensor;
    }
    FAIL("no parameter " << name);
    return {};
}

}  // namespace

TEST_CASE("convolutions pad by numbers or by the image") {
    const Tensor image = values({2, 8, 7, 4});
    const auto shape_of = [&](Module& layer) {
        layer.initialize(Initialization::pytorch, 0);
        return layer(image).shape();
    };
    Conv2d plain(4, 6, {.kernel = 3});
    CHECK(shape_of(plain) == Shape{2, 6, 5, 6});
    Conv2d same(4, 6, {.kernel = 3, .stride = 2, .padding = kSame, .groups = 2});
    CHECK(shape_of(same) == Shape{2, 4, 4, 6});
    CHECK(parameter(same, "weight").shape() == Shape{6, 2, 3, 3});
    DepthwiseConv2d depthwise(4, {.kernel = 3, .padding = kSame});
    CHECK(shape_of(depthwise) == Shape{2, 8, 7, 4});
    CHECK_THROWS_WITH(Conv2d(4, 6, {.kernel = 3, .groups = 3}),
                      "[Conv2d] channels must be positive multiples of the groups, got 4 -> 6 in 3 groups");
    CHECK_THROWS_WITH(DepthwiseConv2d(0, {.kernel = 3}),
                      "[DepthwiseConv2d] channels must be at least 1, got 0");
    CHECK_THROWS_WITH(same(values({8, 7, 4})), "[same padding] the input must be (N, H, W, C), got (8,7,4)");
}

TEST_CASE("a separable convolution is a depthwise one and a 1x1 one") {
    SeparableConv2d layer(5, 3, {.kernel = 3, .padding = kSame});
    layer.initialize(Initialization::glorot_uniform, 4);
    layer.to(DType::float64);
    const Tensor bias = parameter(layer, "pointwise.bias");
    bias.copy_from(values({3}, DType::float64));
    CHECK(parameter(layer, "pointwise.weight").shape() == Shape{3, 5, 1, 1});
    CHECK(parameter(layer, "depthwise.weight").shape() == Shape{5, 1, 3, 3});
    const Tensor image = values({2, 4, 6, 5}, DType::float64);
    const Tensor between =
        depthwise_conv2d(image, parameter(layer, "depthwise.weight"), {}, Window2d::square(3, 1, 1));
    const Tensor expected = conv2d(between, parameter(layer, "pointwise.weight"), bias, Window2d::square(1));
    // Sums of 5 products and a bias, of numbers below 10.
    CHECK(difference(layer(image), expected) <= 6 * 10 * epsilon_of(DType::float64));
    CHECK(difference(expected, Tensor::zeros(expected.shape(), DType::float64)) > 0.1);
}

TEST_CASE("max pool: where \"same\" puts the odd pixel") {
    // 4 -> 2 by a window of 3: the windows start at 0 and 2, the second one hangs over by one pixel.
    MaxPool2d same({.kernel = 3, .stride = 2, .padding = kSame});
    CHECK(floats(same(counting({1, 4, 4, 1}))) == std::vector<float>{10, 11, 14, 15});
    CHECK(floats(same(counting({1, 4, 4, 1}, -1))) == std::vector<float>{0, -2, -8, -10});  // -inf outside
    // PyTorch's padding of 1: the windows start at -1 and 1.
    MaxPool2d around({.kernel = 3, .stride = 2, .padding = 1});
    CHECK(floats(around(counting({1, 4, 4, 1}))) == std::vector<float>{5, 7, 13, 15});
}

TEST_CASE("global average pool, activation, linear and residual") {
    GlobalAveragePool average;
    CHECK(floats(average(counting({1, 2, 2, 2}))) == std::vector<float>{3, 4});

    ActivationLayer leaky(Activation::leaky_relu, 0.5);
    CHECK(floats(leaky(Tensor::from({3}, std::vector<float>{-4, 0, 3}))) == std::vector<float>{-2, 0, 3});

    Residual residual;
    residual.body().append<Linear>(2, 2);
    parameter(residual, "body.0.weight").copy_from(Tensor::from({2, 2}, std::vector<float>{1, 2, 3, 4}));
    parameter(residual, "body.0.bias").copy_from(Tensor::from({2}, std::vector<float>{10, 20}));
    CHECK(floats(residual(Tensor::from({1, 2}, std::vector<float>{1, 1}))) == std::vector<float>{14, 28});
    CHECK_THROWS_WITH(Linear(0, 3), "[Linear] features must be at least 1, got 0 -> 3");
}

TEST_CASE("group norm is the same in training and evaluation, and for an image alone") {
    GroupNorm layer(2, 6);
    CHECK(layer.type() == "GroupNorm");
    CHECK(floats(parameter(layer, "weight")) == std::vector<float>(6, 1));
    CHECK(floats(parameter(layer, "bias")) == std::vector<float>(6, 0));
    CHECK(layer.buffers().empty());
    const Tensor images = values({3, 4, 5, 6});
    const Tensor output = layer(images);
    layer.eval();
    CHECK(floats(layer(images)) == floats(output));
    CHECK(floats(layer(images.slice(1, 2))) == floats(output.slice(1, 2)));
    // A group has mean 0, within 8 roundings of numbers below 2 (8 * 2^-23), and variance v / (v + epsilon)
    // with v about 1/3, which is 3e-5 below 1.
    double sum = 0, squares = 0;
    for (std::int64_t pixel = 0; pixel < 20; ++pixel) {
        for (std::int64_t c = 3; c < 6; ++c) {
            const auto y = static_cast<double>(output.data<float>()[pixel * 6 + c]);
            sum += y;
            squares += y * y;
        }
    }
    CHECK(std::fabs(sum / 60) <= 1e-6);
    CHECK(std::fabs(squares / 60 - 1) <= 1e-4);
    CHECK_THROWS_WITH(
        GroupNorm(4, 6),
        "[GroupNorm] groups must be at least 1 and divide the channels, got 4 groups of 6 channels");
    CHECK_THROWS_WITH(GroupNorm(2, 6, 0), "[GroupNorm] epsilon must be above 0, got 0");
}

TEST_CASE("layer norm takes each row by itself") {
    LayerNorm layer(6);
    const Tensor rows = values({4, 5, 6});
    const Tensor output = layer(rows);
    CHECK(output.shape() == rows.shape());
    GroupNorm one_group(1, 6);
    CHECK(floats(output) == floats(one_group(rows.reshape({20, 6}))));
    CHECK_THROWS_WITH(layer(values({4, 5})), "[LayerNorm] the input must be (..., 6), got (4,5)");
    CHECK_THROWS_WITH(LayerNorm(0), "[LayerNorm] features must be at least 1, got 0");
}

TEST_CASE("average pool and softmax as layers") {
    AvgPool2d pool({.kernel = 2});
    CHECK(floats(pool(counting({1, 2, 2, 1}))) == std::vector<float>{1.5f});
    AvgPool2d same({.kernel = 3, .stride = 1, .padding = kSame, .count_padding = false});
    CHECK(floats(same(counting({1, 1, 2, 1}))) == std::vector<float>{0.5f, 0.5f});
    Softmax softmax_layer;
    CHECK(floats(softmax_layer(Tensor::zeros({1, 4}))) == std::vector<float>(4, 0.25f));
}

TEST_CASE("flatten orders as channels, rows, columns") {
    Flatten flatten;
    const Tensor flat = flatten(counting({1, 2, 2, 2}));  // pixel p, channel c is 2p + c
    CHECK(flat.shape() == Shape{1, 8});
    CHECK(floats(flat) == std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7});
    CHECK(flatten(flat).same_as(flat));
    CHECK_THROWS_WITH(flatten(counting({8})), "[Flatten] the input must be (N, H, W, C) or (N, C), got (8)");
}

TEST_CASE("activations have layers of their well-known names") {
    const Tensor x = Tensor::from<float>({6}, std::vector<float>{-4, -1, -0.25f, 0.5f, 2, 7});
    const auto check = [&](ActivationLayer&& layer, const Tensor& expected, const std::string& type) {
        INFO(type);
        CHECK(floats(layer(x)) == floats(expected));
        CHECK(layer.type() == type);
        layer.eval();
        CHECK(floats(layer(x)) == floats(expected));
    };
    check(ReLU(), relu(x), "relu");
    check(ReLU6(), relu6(x), "relu6");
    check(LeakyReLU(), leaky_relu(x), "leaky_relu");
    check(LeakyReLU(0.2), leaky_relu(x, 0.2), "leaky_relu");
    check(ELU(), elu(x), "elu");
    check(GELU(), gelu(x), "gelu");
    check(SiLU(), silu(x), "silu");
    check(Sigmoid(), sigmoid(x), "sigmoid");
    check(Tanh(), tanh(x), "tanh");
    check(Hardswish(), hard_swish(x), "hard_swish");
}
