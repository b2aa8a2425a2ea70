// Activations made of exp, over all that a float can be, beside the same formulas in double.
#include <cmath>
#include <limits>

#include "tern/core/autograd.hpp"
#include "tern/kernels/activation/activation.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

constexpr double kEps = 0x1p-24, kSmallest = 0x1p-149;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A value, and how far a float may be from it: kEps of `size` for each rounding, and below the normal numbers
// a few of the smallest numbers, times what they are multiplied with.
struct Expected {
    double value, roundings, size, factor = 1;
};

// exp is within 1 ulp, which is 2 eps, expm1 and tanh are within 4; sums, products and quotients add 1 each.
Expected value_of(Activation kind, double x) {
    const double s = 1 / (1 + std::exp(-x));
    const double twice_u = 2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
    double y = 0, roundings = 0;
    switch (kind) {
        case Activation::elu:
            y = x < 0 ? std::expm1(x) : x, roundings = 8;
            break;
        case Activation::gelu:  // the square is rounded under the exponent, the polynomial has 9 terms
            y = x * std::erfc(-x / std::sqrt(2.0)) / 2, roundings = 28 + x * x / 2;
            break;
        case Activation::gelu_tanh:  // the argument is rounded 4 times under the exponent
            y = x / (1 + std::exp(-twice_u)), roundings = 7 + 4 * std::fabs(twice_u);
            break;
        case Activation::silu:
            y = x * s, roundings = 7;
            break;
        case Activation::sigmoid:
            return {s, 6, s};
        case Activation::tanh:
            return {std::tanh(x), 8, std::fabs(std::tanh(x))};
        default:
            FAIL();
    }
    return {y, roundings, std::fabs(y), 1 + std::fabs(x)};
}

Expected gradient_of(Activation kind, double x) {
    const double s = 1 / (1 + std::exp(-x)), other = 1 / (1 + std::exp(x));
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
    const double a = std::sqrt(2 / M_PI), twice_u = 2 * a * (x + 0.044715 * x * x * x);
    const double t = 1 / (1 + std::exp(-twice_u)), slope = 2 * a * (1 + 3 * 0.044715 * x * x);
    const double tanh_slope = 1 / (std::cosh(x) * std::cosh(x)), below = std::erfc(-x / std::sqrt(2.0)) / 2;
    // Sums of two terms, which may cancel: errors are shares of the terms.
    const auto sum = [](double first, double second, double roundings, double factor) {
        return Expected{first + second, roundings, std::fabs(first) + std::fabs(second), 1 + factor};
    };
    switch (kind) {
        case Activation::elu:
            return {x <= 0 ? std::exp(x) : 1, 2, x <= 0 ? std::exp(x) : 1};
        case Activation::gelu:
            return sum(below, x * density, 29 + x * x / 2, std::fabs(x));
        case Activation::gelu_tanh:
            return sum(t, x * t / (1 + std::exp(twice_u)) * slope, 18 + 8 * std::fabs(twice_u),
                       std::fabs(x) * slope);
        case Activation::silu:
            return sum(s, x * s * other, 15, std::fabs(x));
        case Activation::sigmoid:
            return {s * other, 13, s * other};
        case Activation::tanh:
            return {tanh_slope, 13, tanh_slope};
        default:
            FAIL();
    }
    return {};
}

void check_near(float actual, const Expected& expected, double x) {
    const double error = std::fabs(static_cast<double>(actual) - expected.value);
    const double bound = kEps * expected.roundings * expected.size + 4 * kSmallest * expected.factor;
    if (!(error <= bound)) FAIL("at " << x << ": " << actual << " for " << expected.value);
}

constexpr Activation kMadeOfExp[] = {Activation::elu,  Activation::gelu,    Activation::gelu_tanh,
                                     Activation::silu, Activation::sigmoid, Activation::tanh};

}  // namespace

TEST_CASE("activations made of exp keep their digits wherever they are not 0") {
    std::vector<float> numbers;
    for (int i = -10400; i <= 10400; ++i) numbers.push_back(static_cast<float>(i) * 0.01f);
    for (float x = 1e-38f; x < 100; x *= 1.5f) numbers.insert(numbers.end(), {x, -x});
    for (const Activation kind : kMadeOfExp) {
        INFO(name_of(kind));
        Tensor x = Tensor::from<float>({static_cast<std::int64_t>(numbers.size())}, numbers);
        x.set_requires_grad(true);
        const Tensor y = activation(x, ActivationParams{kind, 0.1, 1.0});
        backward(sum(y));
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const auto at = static_cast<double>(numbers[i]);
            check_near(y.data<float>()[i], value_of(kind, at), at);
            check_near(x.grad().data<float>()[i], gradient_of(kind, at), at);
        }
    }
}

TEST_CASE("activations made of exp end where their limits are, and keep a NaN") {
    const Tensor ends = Tensor::from<float>({4}, {1e30f, -1e30f, kInfinity, -kInfinity});
    const auto values = [&](Activation kind) {
        const Tensor y = activation(ends, ActivationParams{kind, 0.1, 2.0});
        return std::vector<float>(y.data<float>(), y.data<float>() + 4);
    };
    CHECK(values(Activation::sigmoid) == std::vector<float>{1, 0, 1, 0});
    CHECK(values(Activation::tanh) == std::vector<float>{1, -1, 1, -1});
    CHECK(values(Activation::elu) == std::vector<float>{1e30f, -2, kInfinity, -2});
    for (const Activation kind : {Activation::silu, Activation::gelu, Activation::gelu_tanh}) {
        INFO(name_of(kind));
        const std::vector<float> y = values(kind);
        CHECK(y[0] == 1e30f);
        CHECK(y[1] == 0);
        CHECK(y[2] == kInfinity);
    }
    const Tensor nan = Tensor::full({9}, std::numeric_limits<double>::quiet_NaN());  // vectors and the rest
    for (const Activation kind : kMadeOfExp) {
        INFO(name_of(kind));
        const Tensor y = activation(nan, ActivationParams{kind, 0.1, 1.0});
        for (std::int64_t i = 0; i < 9; ++i) CHECK(std::isnan(y.data<float>()[i]));
    }
}
