#include "tern/kernels/batch_norm/batch_norm.hpp"

#include <cmath>

#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/depthwise_conv2d.hpp"
#include "tern/layers/fresh_statistics.hpp"
#include "tern/layers/initialize.hpp"
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

namespace {

// What `batches` of image() times 1, 2, ... leave, and the plain definition of that: sum w_i x_i / sum w_i
// over the batches, with weights of (1 - momentum)^(batches after it).
void check_corrected(double momentum, int batches) {
    INFO("momentum " << momentum << ", " << batches << " batches");
    Norm norm({.momentum = momentum, .bias_correction = true});
    double weights = 0, mean = 0, variance = 0;
    for (int i = 1; i <= batches; ++i) {
        const Tensor scaled = image();
        for (double& pixel : scaled.elements<double>()) pixel *= i;
        norm.layer(scaled);
        const double weight = std::pow(1 - momentum, batches - i);
        weights += weight;
        mean += weight * 3 * i;
        variance += weight * 14.0 / 3 * i * i;
    }
    // Each batch rounds a few times, and later ones make what was rounded smaller.
    const double bound = 8 * batches * epsilon_of(DType::float64);
    CHECK(std::fabs(norm.buffer("running_mean", 0) * weights / mean - 1) <= bound);
    CHECK(std::fabs(norm.buffer("running_var", 0) * weights / variance - 1) <= bound);
    CHECK(named(norm.layer.buffers(), "num_batches_tracked").item() == batches);
}

// One batch after statistics of 3 and 5 that came with a count of 0.
struct Uncounted : Norm {
    explicit Uncounted(const BatchNorm2dOptions& options) : Norm(options) {
        named(layer.buffers(), "running_mean").copy_from(Tensor::from({2}, std::vector<double>{3, 3}));
        named(layer.buffers(), "running_var").copy_from(Tensor::from({2}, std::vector<double>{5, 5}));
        layer.keep_uncounted_statistics();
        layer(image());
    }
};

}  // namespace

TEST_CASE("with bias correction the first batch counts whole, and all together an exponential average") {
    for (const double momentum : {0.0, 1e-9, 0.01, 0.1, 0.75, 1.0}) {
        for (const int batches : {1, 2, 3, 60}) check_corrected(momentum, batches);
    }
}

TEST_CASE("momentum 0 without bias correction leaves the statistics alone, as in PyTorch") {
    Norm norm({.momentum = 0});
    norm.layer(image());
    CHECK(norm.buffer("running_mean", 0) == 0);
    CHECK(norm.buffer("running_var", 0) == 1);
}

TEST_CASE("statistics that come without a count are old ones") {
    for (const double momentum : {0.01, 0.1, 1.0}) {
        INFO(momentum);
        const BatchNorm2dOptions corrected{.momentum = momentum, .bias_correction = true};
        Uncounted old(corrected);
        check_close(old.buffer("running_mean", 0), (1 - momentum) * 3 + momentum * 3);
        check_close(old.buffer("running_mean", 1), (1 - momentum) * 3);
        check_close(old.buffer("running_var", 0), (1 - momentum) * 5 + momentum * 14 / 3);
    }
    Uncounted mean({.momentum = 0, .bias_correction = true});
    check_close(mean.buffer("running_var", 0), 5);  // the mean of so many that one more is nothing
    Uncounted published({.momentum = 0.1});
    CHECK(named(published.layer.buffers(), "num_batches_tracked").item() == 1);
    Norm fresh({.momentum = 0.1, .bias_correction = true});
    fresh.layer.keep_uncounted_statistics();
    fresh.layer(image());
    check_close(fresh.buffer("running_mean", 0), 3);
}

TEST_CASE("fresh statistics are plain means, and the count continues") {
    const bool bias_correction = GENERATE(false, true);
    Norm norm({.momentum = 0.25, .bias_correction = bias_correction});
    Tensor twice = image();
    for (double& pixel : twice.elements<double>()) pixel *= 2;
    for (int i = 0; i < 5; ++i) norm.layer(image());
    {
        const FreshStatistics fresh(norm.layer);
        CHECK_FALSE(fresh.empty());
        norm.layer(image());
        norm.layer(twice);
    }
    check_close(norm.buffer("running_mean", 0), (3 + 6) / 2.0);
    check_close(norm.buffer("running_var", 0), (1 + 4) * (14.0 / 3) / 2);
    CHECK(named(norm.layer.buffers(), "num_batches_tracked").item() == 5);
    norm.layer(twice);
    const double share = bias_correction ? 0.25 / (1 - std::pow(0.75, 6)) : 0.25;
    check_close(norm.buffer("running_mean", 0), (1 - share) * 4.5 + share * 6);
    CHECK(named(norm.layer.buffers(), "num_batches_tracked").item() == 6);
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

TEST_CASE("a bias that a batch norm takes away has a gradient of zero, which nothing computes") {
    const Tensor x = cases::make_tensor({{4, 5, 5, 3}}, DType::float32, 1);
    Conv2d conv(3, 6, {.kernel = 3});
    Conv2d pointwise(3, 6, {.kernel = 1});  // a linear layer of pixels
    DepthwiseConv2d depthwise(3, {.kernel = 3, .bias = true});
    int computed = 0;
    const RunHook hook(
        [&](const Problem& problem, const Implementation& implementation, const Stream& stream) {
            computed += problem.pass.name == std::string_view("backward_bias");
            implementation.run(problem, stream);
        });
    for (Module* const module : std::initializer_list<Module*>{&conv, &pointwise, &depthwise}) {
        INFO(module->type());
        module->initialize(Initialization::glorot_uniform, 1);
        const Tensor bias = named(module->parameters(), "bias");
        BatchNorm2d norm(bias.numel(), {.activation = Activation::relu});
        const auto gradient = [&](auto loss) {
            computed = 0;
            backward(sum(loss((*module)(x))));
            return cases::to_doubles(bias.grad());
        };
        const std::vector<double> zeros(static_cast<std::size_t>(bias.numel()));
        const auto normalized = [&](const Tensor& y) { return square(norm(y)); };
        CHECK((gradient(normalized) == zeros && computed == 0));
        bias.set_grad(Tensor::full(bias.shape(), 3));  // stays
        CHECK((gradient(normalized) == std::vector<double>(zeros.size(), 3) && computed == 0));
        bias.set_grad({});
        // Somebody else sees the shift, or the mean, or the statistics are not the batch's.
        CHECK((gradient([&](const Tensor& y) { return square(norm(y)) + y; }) != zeros && computed == 1));
        bias.set_grad({});
        CHECK((gradient([&](const Tensor& y) {
                   const BatchNormResult result = batch_norm(y, named(norm.parameters(), "weight"),
                                                             named(norm.parameters(), "bias"), {});
                   return sum(result.output) + sum(result.mean);
               }) != zeros &&
               computed == 1));
        bias.set_grad({});
        norm.eval();
        CHECK((gradient(normalized) != zeros && computed == 1));
    }
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
