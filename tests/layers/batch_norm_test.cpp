#include <cmath>

#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

// Two channels over four pixels: 1 2 3 6 has mean 3 and biased variance 3.5; -1 0 0 1 has 0 and 0.5.
const std::vector<double> kFirst{1, 2, 3, 6}, kSecond{-1, 0, 0, 1};

Tensor image() {
    std::vector<double> pixels;
    for (std::size_t p = 0; p < 4; ++p) {
        pixels.push_back(kFirst[p]);
        pixels.push_back(kSecond[p]);
    }
    return Tensor::from({2, 1, 2, 2}, pixels);
}

Tensor named(const NamedTensors& tensors, const std::string& name) {
    for (const NamedTensor& entry : tensors) {
        if (entry.name == name) return entry.tensor;
    }
    FAIL("no tensor " << name);
    return {};
}

struct Norm {
    explicit Norm(const BatchNorm2dOptions& options) : layer(2, options) {
        layer.to(DType::float64);
        named(layer.parameters(), "weight").copy_from(Tensor::from({2}, std::vector<double>{2, 0.5}));
        named(layer.parameters(), "bias").copy_from(Tensor::from({2}, std::vector<double>{-1, 0.25}));
    }
    double buffer(const std::string& name, int channel) {
        return named(layer.buffers(), name).data<double>()[channel];
    }

    BatchNorm2d layer;
};

// Seven roundings of numbers of at most this magnitude.
void check_close(double got, double want) {
    CHECK(std::fabs(got - want) <= 8 * epsilon_of(DType::float64) * std::max(1.0, std::fabs(want)));
}

void check_output(const Tensor& output, const std::function<double(std::size_t, std::size_t)>& expected) {
    for (std::size_t p = 0; p < 4; ++p) {
        for (std::size_t c = 0; c < 2; ++c) check_close(output.data<double>()[2 * p + c], expected(p, c));
    }
}

// What training must give for pixel p of channel c.
double normalized(std::size_t p, std::size_t c, double epsilon) {
    return c == 0 ? 2 * (kFirst[p] - 3) / std::sqrt(3.5 + epsilon) - 1
                  : 0.5 * kSecond[p] / std::sqrt(0.5 + epsilon) + 0.25;
}

}  // namespace

TEST_CASE("batch norm normalises by the biased and records the unbiased variance") {
    Norm norm({.epsilon = 1e-3, .momentum = 0.1});
    check_output(norm.layer(image()), [](std::size_t p, std::size_t c) { return normalized(p, c, 1e-3); });
    check_close(norm.buffer("running_mean", 0), 0.1 * 3);
    check_close(norm.buffer("running_mean", 1), 0);
    check_close(norm.buffer("running_var", 0), 0.9 + 0.1 * 14.0 / 3);
    check_close(norm.buffer("running_var", 1), 0.9 + 0.1 * 2.0 / 3);
    norm.layer(image());
    check_close(norm.buffer("running_mean", 0), 0.9 * (0.1 * 3) + 0.1 * 3);
    check_close(norm.buffer("running_var", 0), 0.9 * (0.9 + 0.1 * 14.0 / 3) + 0.1 * 14.0 / 3);
    CHECK(named(norm.layer.buffers(), "num_batches_tracked").item() == 2);
}

TEST_CASE("batch norm in evaluation uses the running statistics and leaves them") {
    Norm norm({.epsilon = 1e-5, .momentum = 1});
    norm.layer(image());  // momentum 1: the statistics are the batch's
    norm.layer.eval();
    const Tensor output = norm.layer(image());
    check_output(output, [](std::size_t p, std::size_t c) {
        return c == 0 ? 2 * (kFirst[p] - 3) / std::sqrt(14.0 / 3 + 1e-5) - 1
                      : 0.5 * kSecond[p] / std::sqrt(2.0 / 3 + 1e-5) + 0.25;
    });
    CHECK(named(norm.layer.buffers(), "num_batches_tracked").item() == 1);
    check_close(norm.buffer("running_mean", 0), 3);
}

TEST_CASE("the residual is added before the activation") {
    Norm norm({.epsilon = 1e-3, .activation = Activation::relu});
    const Tensor residual = cases::make_tensor({{2, 1, 2, 2}}, DType::float64, 5);
    const auto expected = [&](std::size_t p, std::size_t c) {
        return std::max(0.0, normalized(p, c, 1e-3) + residual.data<double>()[2 * p + c]);
    };
    check_output(norm.layer(image(), residual), expected);
    CHECK(norm.layer.type() == "BatchNorm2d+relu");
}

TEST_CASE("batch norm's gradients: shifting a channel changes nothing, the residual passes") {
    Norm norm({.epsilon = 1e-3});
    Tensor input = image(), residual = Tensor::zeros(input.shape(), DType::float64);
    input.set_requires_grad(true);
    residual.set_requires_grad(true);
    const Tensor grad = cases::make_tensor({input.shape()}, DType::float64, 6);
    backward(norm.layer(input, residual), grad);
    for (std::size_t c = 0; c < 2; ++c) {
        double sum = 0, bias = 0, weight = 0;
        for (std::size_t p = 0; p < 4; ++p) {
            const double dy = grad.data<double>()[2 * p + c];
            sum += input.grad().data<double>()[2 * p + c];
            bias += dy;
            weight += dy * (normalized(p, c, 1e-3) - (c == 0 ? -1 : 0.25)) / (c == 0 ? 2 : 0.5);
            CHECK(residual.grad().data<double>()[2 * p + c] == dy);
        }
        check_close(sum, 0);
        check_close(named(norm.layer.parameters(), "bias").grad().data<double>()[c], bias);
        check_close(named(norm.layer.parameters(), "weight").grad().data<double>()[c], weight);
    }
    for (const NamedTensor& buffer : norm.layer.buffers()) CHECK_FALSE(buffer.tensor.requires_grad());
}

TEST_CASE("batch norm refuses what it cannot do") {
    BatchNorm2d layer(3);
    CHECK_THROWS_WITH(layer(Tensor::zeros({1, 1, 1, 3})),
                      "[BatchNorm2d] training needs more than 1 value per channel, got input (1,1,1,3)");
    layer.eval();
    CHECK(layer(Tensor::zeros({1, 1, 1, 3})).shape() == Shape{1, 1, 1, 3});
    CHECK_THROWS_WITH(BatchNorm2d(0), "[BatchNorm2d] channels must be at least 1, got 0");
    CHECK_THROWS_WITH(BatchNorm2d(3, {.epsilon = 0}), "[BatchNorm2d] epsilon must be above 0, got 0");
    CHECK_THROWS_WITH(BatchNorm2d(3, {.momentum = 1.5}), "[BatchNorm2d] momentum must be in [0, 1], got 1.5");
}
