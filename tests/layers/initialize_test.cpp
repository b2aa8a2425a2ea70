#include "tern/layers/initialize.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

struct Statistics {
    double mean = 0, deviation = 0, largest = 0;
};

Statistics statistics(const Tensor& tensor) {
    const std::vector<double> values = cases::to_doubles(tensor);
    const auto count = static_cast<double>(values.size());
    Statistics result;
    double squares = 0;
    for (const double value : values) {
        result.mean += value / count;
        squares += value * value / count;
        result.largest = std::max(result.largest, std::fabs(value));
    }
    result.deviation = std::sqrt(squares);  // about zero, where the true mean is
    return result;
}

// Uniform in +-limit: within it and up to its edge, mean and deviation within five standard errors.
void check_uniform(const Tensor& tensor, double limit) {
    const Statistics found = statistics(tensor);
    const auto count = static_cast<double>(tensor.numel());
    const double deviation = limit / std::sqrt(3.0);
    CHECK(found.largest <= static_cast<double>(static_cast<float>(limit)));
    CHECK(found.largest >= limit * (1 - 10 / count));
    CHECK(std::fabs(found.mean) <= 5 * deviation / std::sqrt(count));
    // The fourth moment of a uniform is 9/5 of the squared variance.
    CHECK(std::fabs(found.deviation - deviation) <= 5 * deviation * std::sqrt(0.2 / count));
}

Conv2d& initialized(Conv2d& conv, Initialization scheme) {
    conv.initialize(scheme, 11);
    return conv;
}

}  // namespace

TEST_CASE("fans count the kernel's taps") {
    const Fans conv = Fans::of({64, 32, 3, 5}), linear = Fans::of({10, 128}),
               depthwise = Fans::of({64, 1, 3, 3});
    CHECK((conv.in == 480 && conv.out == 960));
    CHECK((linear.in == 128 && linear.out == 10));
    CHECK((depthwise.in == 9 && depthwise.out == 576));
    CHECK_THROWS_WITH(Fans::of({7}), "[initialize] a weight is (O, I, ...), got (7)");
}

TEST_CASE("each scheme has its range") {
    Conv2d conv(32, 64, {.kernel = 3});
    check_uniform(initialized(conv, Initialization::glorot_uniform).weight(), std::sqrt(6.0 / (288 + 576)));
    CHECK(statistics(conv.bias()).largest == 0);
    check_uniform(initialized(conv, Initialization::pytorch).weight(), 1 / std::sqrt(288.0));
    check_uniform(conv.bias(), 1 / std::sqrt(288.0));
    check_uniform(initialized(conv, Initialization::he_uniform).weight(), std::sqrt(6.0 / 288));
    CHECK(statistics(conv.bias()).largest == 0);

    const Statistics normal = statistics(initialized(conv, Initialization::he_normal).weight());
    const double deviation = std::sqrt(2.0 / 288), count = 32 * 64 * 9;
    CHECK(std::fabs(normal.mean) <= 5 * deviation / std::sqrt(count));
    CHECK(std::fabs(normal.deviation - deviation) <= 5 * deviation / std::sqrt(2 * count));
    CHECK(normal.largest > 3 * deviation);  // of 18,432 numbers, 50 are beyond
}

TEST_CASE("Keras' limit of a depthwise kernel of 64 channels") {
    SeparableConv2d layer(64, 64, {.kernel = 3, .padding = kSame});
    layer.initialize(Initialization::glorot_uniform, 1);
    check_uniform(layer.parameters()[0].tensor, std::sqrt(6.0 / (9 * 64 + 9)));
    check_uniform(layer.parameters()[1].tensor, std::sqrt(6.0 / 128));
}

TEST_CASE("parameter k draws from stream k") {
    SeparableConv2d layer(4, 8, {.kernel = 3, .padding = kSame});
    layer.initialize(Initialization::pytorch, 77);
    const Tensor bias = layer.parameters()[2].tensor;  // fan_in 4: within +-0.5
    const RandomStream stream{77, RandomPurpose::initialize, 2};
    for (std::uint64_t i = 0; i < 8; ++i) CHECK(bias.data<float>()[i] == stream.uniform(i) - 0.5f);
}

TEST_CASE("equal seeds give equal bits, other seeds others, float64 the same numbers") {
    Linear first(33, 7), second(33, 7), wide(33, 7);
    first.initialize(Initialization::he_normal, 5);
    second.initialize(Initialization::he_normal, 5);
    wide.to(DType::float64);
    wide.initialize(Initialization::he_normal, 5);
    CHECK(cases::to_doubles(first.weight()) == cases::to_doubles(second.weight()));
    CHECK(cases::to_doubles(first.weight()) == cases::to_doubles(wide.weight()));
    second.initialize(Initialization::he_normal, 6);
    CHECK(cases::to_doubles(first.weight()) != cases::to_doubles(second.weight()));
}
