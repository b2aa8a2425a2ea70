// NaN, infinities and proportions, for ref and the implementations in use.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tern/core/autograd.hpp"
#include "tern/kernels/activation/activation.hpp"
#include "tern/kernels/argmax/argmax.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/compare/compare.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/dropout/dropout.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/fake_quantize/fake_quantize.hpp"
#include "tern/kernels/index_select/index_select.hpp"
#include "tern/kernels/pad/pad.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/kernels/softmax/softmax.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/kernels/topk/topk.hpp"
#include "tern/kernels/where/where.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor vector_of(const std::vector<float>& values) {
    return Tensor::from<float>({static_cast<std::int64_t>(values.size())}, values);
}

template <class F>
void for_each_policy(F check) {
    for (const char* policy : {"ref", "auto"}) {
        INFO(policy);
        const KernelPolicyScope scope(KernelPolicy::parse(policy));
        check();
    }
}

}  // namespace

TEST_CASE("a NaN comes through every extreme, wherever it stands") {
    for_each_policy([] {
        for (std::size_t place : {0, 7, 20, 39}) {
            std::vector<float> values(40, 1.0f);
            values[place] = kNan;
            const Tensor x = vector_of(values);
            INFO("place " << place);
            CHECK(std::isnan(max(x).item()));
            CHECK(std::isnan(min(x).item()));
            CHECK(std::isnan(min(x.reshape({40, 1}), {0}).item()));
            CHECK(std::isnan(max(x.reshape({20, 2}), {0}).data<float>()[place % 2]));
        }
        for (const auto& [a, b] : {std::pair{kNan, 1.0f}, std::pair{1.0f, kNan}}) {
            CHECK(std::isnan(maximum(vector_of({a}), vector_of({b})).item()));
            CHECK(std::isnan(minimum(vector_of({a}), vector_of({b})).item()));
        }
        CHECK(max(vector_of({-kInfinity, -kInfinity})).item() == -kInfinity);
    });
}

TEST_CASE("a NaN gets the gradient of an extreme, and does not hide it") {
    for_each_policy([] {
        const auto gradients_of = [](const auto& function, const Tensors& inputs) {
            std::vector<std::vector<double>> gradients;
            for (Tensor input : inputs) input.set_requires_grad(true);
            backward(sum(function(inputs)));
            for (const Tensor& input : inputs) gradients.push_back(cases::to_doubles(input.grad()));
            return gradients;
        };
        using Rows = std::vector<std::vector<double>>;
        const auto larger = [](const Tensors& in) { return maximum(in[0], in[1]); };
        const auto smaller = [](const Tensors& in) { return minimum(in[0], in[1]); };
        const auto pair = [] { return Tensors{vector_of({kNan, 1, 2, 3}), vector_of({1, kNan, 5, 3})}; };
        CHECK(gradients_of(larger, pair()) == Rows{{1, 1, 0, 0.5}, {1, 1, 1, 0.5}});
        CHECK(gradients_of(smaller, pair()) == Rows{{1, 1, 1, 0.5}, {1, 1, 0, 0.5}});
        const Tensors row{vector_of({1, kNan, 3, kNan})};
        CHECK(gradients_of([](const Tensors& in) { return max(in[0]); }, row) == Rows{{0, 0.5, 0, 0.5}});
        const Tensors other{vector_of({kNan, 2})};
        CHECK(gradients_of([](const Tensors& in) { return min(in[0]); }, other) == Rows{{1, 0}});
    });
}

TEST_CASE("gradients of quotients stay in the type's range") {
    for_each_policy([] {
        for (const auto& [a, b] : {std::pair{1e-23f, 1e-23f}, {1e23f, 1e23f}, {-3e-25f, 2e-22f}}) {
            Tensor x = vector_of({a}), y = vector_of({b});
            x.set_requires_grad(true);
            y.set_requires_grad(true);
            backward(sum(x / y));
            // Two roundings of the quotients, and none that is lost
            const double exact = -static_cast<double>(a) / b / b;
            CHECK(std::fabs(y.grad().item() - exact) <= std::fabs(exact) * 0x1p-22);
            Tensor z = vector_of({b * 1e4f});
            z.set_requires_grad(true);
            backward(sum(reciprocal(z)));
            const auto one = static_cast<double>(b * 1e4f);
            const double inverse = -1 / one / one;
            CHECK(std::fabs(z.grad().item() - inverse) <= std::fabs(inverse) * 0x1p-22 + 0x1p-149);
        }
    });
}

TEST_CASE("slopes of sigmoid and tanh reach far out") {
    for_each_policy([] {
        for (const DType dtype : {DType::float32, DType::float64}) {
            const double eps = epsilon_of(dtype);
            for (const double at : {-40.0, -20.0, 20.0, 40.0}) {
                INFO(dtype << " at " << at);
                for (const Activation kind : {Activation::sigmoid, Activation::tanh}) {
                    Tensor x = Tensor::full({1}, at, dtype);
                    x.set_requires_grad(true);
                    backward(sum(activation(x, kind)));
                    const double u = kind == Activation::tanh ? 2 * std::fabs(at) : std::fabs(at);
                    const double scale = kind == Activation::tanh ? 4 : 1;
                    const double exact = scale * std::exp(-u) / std::pow(1 + std::exp(-u), 2);
                    // The exponential within 1 ulp of its argument's roundings, and a few more
                    CHECK(std::fabs(x.grad().item() - exact) <= 8 * eps * exact);
                }
            }
        }
    });
}

TEST_CASE("a large logit does not swallow the loss") {
    for_each_policy([] {
        for (const DType dtype : {DType::float32, DType::float64}) {
            Tensor logits = Tensor::full({1, 3}, 1e17, dtype);
            logits.set_requires_grad(true);
            const Tensor loss = softmax_cross_entropy(logits, Tensor::from({1}, {0}));
            CHECK(std::fabs(loss.item() - std::log(3.0)) <= 4 * epsilon_of(dtype));
            backward(loss);
            const std::vector<double> slopes = cases::to_doubles(logits.grad());
            for (std::size_t k = 0; k < 3; ++k)
                CHECK(std::fabs(slopes[k] - (k == 0 ? -2.0 / 3 : 1.0 / 3)) <= 4 * epsilon_of(dtype));
        }
    });
}

TEST_CASE("a number beyond an integer type ends at its limits") {
    CHECK(Tensor::full({1}, 3e9, DType::int32).item() == INT32_MAX);
    CHECK(Tensor::full({1}, -3e9, DType::int32).item() == INT32_MIN);
    CHECK(Tensor::full({1}, 300, DType::uint8).item() == 255);
    CHECK(Tensor::full({1}, -1, DType::uint8).item() == 0);
    CHECK(Tensor::full({1}, kNan, DType::int64).item() == 0);
    for_each_policy([] {
        const Tensor padded = pad(Tensor::zeros({1}, DType::uint8), {{1, 0}}, 300);
        CHECK(cases::to_doubles(padded) == std::vector<double>{255, 0});
    });
}

TEST_CASE("borders are the elements that a mirror or the edge shows") {
    for_each_policy([] {
        const Tensor x = Tensor::from<std::uint8_t>({2, 3}, {1, 2, 3, 4, 5, 6});
        CHECK(cases::to_doubles(pad(x, {{0, 0}, {2, 1}}, PadMode::reflect)) ==
              std::vector<double>{3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5});
        CHECK(cases::to_doubles(pad(x, {{0, 1}, {2, 1}}, PadMode::replicate)) ==
              std::vector<double>{1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6, 6, 4, 4, 4, 5, 6, 6});
        CHECK(cases::to_doubles(pad(x, {{0, 0}, {1, 0}}, PadMode::constant)) ==
              std::vector<double>{0, 1, 2, 3, 0, 4, 5, 6});
    });
}

TEST_CASE("a NaN is the largest, differs from everything, and hides where it is not taken") {
    for_each_policy([] {
        const Tensor rows = vector_of({1, kNan, 5, kNan, 2, 7, 7, 1}).reshape({2, 4});
        CHECK(cases::to_doubles(argmax(rows)) == std::vector<double>{1, 1});
        const TopkResult top = topk(vector_of({1, kNan, 3, -kInfinity, 3, kNan, kInfinity}), 5);
        CHECK(cases::to_doubles(top.indices) == std::vector<double>{1, 5, 6, 2, 4});
        CHECK(std::isnan(top.values.elements<float>()[1]));
        CHECK(top.values.elements<float>()[2] == kInfinity);
        const Tensor nan = vector_of({kNan}), one = vector_of({1});
        CHECK(cases::to_doubles(not_equal(nan, nan)) == std::vector<double>{1});
        using Function = Tensor (*)(const Tensor&, const Tensor&);
        for (const Function compare : {Function(equal), Function(less), Function(less_equal),
                                       Function(greater), Function(greater_equal)}) {
            CHECK(compare(nan, nan).item() == 0);
            CHECK(compare(nan, one).item() == 0);
        }
        Tensor a = vector_of({1, kNan}), b = vector_of({kInfinity, 2});
        a.set_requires_grad(true);
        b.set_requires_grad(true);
        const auto first = Tensor::from<std::uint8_t>({2}, {1, 0});
        const Tensor y = where(first, a, b);
        CHECK(cases::to_doubles(y) == std::vector<double>{1, 2});
        backward(sum(y));
        CHECK(cases::to_doubles(a.grad()) == std::vector<double>{1, 0});
        CHECK(cases::to_doubles(b.grad()) == std::vector<double>{0, 1});
    });
}

TEST_CASE("the slope of the binary cross-entropy reaches far out") {
    for (const DType dtype : {DType::float32, DType::float64}) {
        Tensor x = Tensor::full({1}, 40, dtype);
        x.set_requires_grad(true);
        backward(binary_cross_entropy_with_logits(x, Tensor::full({1}, 1, dtype)));
        // The exponential within 1 ulp, a sum and a quotient
        const double exact = -std::exp(-40.0) / (1 + std::exp(-40.0));
        CHECK(std::fabs(x.grad().item() - exact) <= -4 * epsilon_of(dtype) * exact);
    }
}

TEST_CASE("softmax takes large and infinite logits") {
    for_each_policy([] {
        const std::vector<double> y = cases::to_doubles(softmax(vector_of({1e30f, 1e30f, -kInfinity})));
        CHECK(y == std::vector<double>{0.5, 0.5, 0});
        for (const double value : cases::to_doubles(softmax(vector_of({0.0f, kNan, 1.0f}))))
            CHECK(std::isnan(value));
    });
}

TEST_CASE("a class that is ruled out does not spoil the loss") {
    for_each_policy([] {
        const Tensor logits = vector_of({0.0f, -kInfinity, 0.0f}).reshape({1, 3});
        const auto labels = Tensor::from<std::int32_t>({1}, std::vector<std::int32_t>{2});
        CHECK(std::fabs(softmax_cross_entropy(logits, labels).item() - std::log(2.0)) <= 1e-7);
        for (const CrossEntropyOptions& options :
             {CrossEntropyOptions{.weight = vector_of({1, 2, 1})}, {.ignore_index = 0}})
            CHECK(std::fabs(softmax_cross_entropy(logits, labels, options).item() - std::log(2.0)) <= 1e-7);
        const Tensor wanted = vector_of({0.5f, 0, 0.5f}).reshape({1, 3});
        CHECK(std::fabs(softmax_cross_entropy(logits, wanted, CrossEntropyOptions{}).item() -
                        std::log(2.0)) <= 1e-7);
    });
}

TEST_CASE("a part of a tensor gets its part of the mask") {
    const RandomStream stream{11, RandomPurpose::dropout, 2};
    const auto bits = [](const Tensor& tensor) {
        const auto elements = tensor.elements<float>();
        return std::vector<float>(elements.begin(), elements.end());
    };
    const Tensor x = Tensor::full({9, 4099}, 1);  // rows that start in all places of a block
    const std::vector<float> expected = [&] {
        const KernelPolicyScope scope(KernelPolicy::parse("ref"));
        return bits(dropout(x, 0.5, stream));
    }();
    for_each_policy([&] {
        CHECK(bits(dropout(x, 0.5, stream)) == expected);
        for (std::int64_t begin = 0; begin < 9; begin += 2) {
            const Tensor part = x.slice(begin, std::min<std::int64_t>(begin + 2, 9));
            const auto from = expected.begin() + begin * 4099;
            CHECK(bits(dropout(part, 0.5, stream, static_cast<std::uint64_t>(begin * 4099))) ==
                  std::vector<float>(from, from + part.numel()));
        }
    });
}

TEST_CASE("the loss of a classifier divides by what counts, as PyTorch does") {
    for_each_policy([] {
        const Tensor logits = Tensor::zeros({3, 3}), weight = vector_of({1, 2, 3});
        const Tensor labels = Tensor::from<std::int32_t>({3}, std::vector<std::int32_t>{0, -100, 2});
        const Tensor wanted = vector_of({1, 0, 0, 0, 1, 0, 0, 0.5f, 0.5f}).reshape({3, 3});
        const auto in_log3 = [&](const Tensor& targets, const CrossEntropyOptions& options) {
            return softmax_cross_entropy(logits, targets, options).item() / std::log(3.0);
        };
        const double eps = 8 * epsilon_of(DType::float32);
        using enum LossReduction;
        CHECK(std::fabs(in_log3(labels, {.ignore_index = -100}) - 1) <= eps);
        CHECK(std::fabs(in_log3(labels, {.ignore_index = -100, .reduction = sum}) - 2) <= 2 * eps);
        CHECK(std::fabs(in_log3(labels, {.weight = weight, .ignore_index = -100}) - 1) <= eps);
        CHECK(std::fabs(in_log3(labels, {.weight = weight, .ignore_index = -100, .reduction = sum}) - 4) <=
              4 * eps);
        CHECK(std::fabs(in_log3(wanted, {.weight = weight}) - 5.5 / 3) <= 2 * eps);
        const std::vector<double> rows = cases::to_doubles(softmax_cross_entropy(
            logits, labels, {.weight = weight, .ignore_index = -100, .reduction = none}));
        CHECK(rows[1] == 0);
        CHECK(std::fabs(rows[2] - 3 * std::log(3.0)) <= 4 * eps);
    });
}

TEST_CASE("a mean of labels that are all ignored is a NaN, their sum is 0 and has no gradient") {
    for_each_policy([] {
        Tensor logits = Tensor::zeros({2, 3});
        logits.set_requires_grad(true);
        const Tensor labels = Tensor::from<std::int32_t>({2}, std::vector<std::int32_t>{1, 1});
        CHECK(std::isnan(softmax_cross_entropy(logits, labels, {.ignore_index = 1}).item()));
        const Tensor loss =
            softmax_cross_entropy(logits, labels, {.ignore_index = 1, .reduction = LossReduction::sum});
        CHECK(loss.item() == 0);
        backward(loss);
        CHECK(cases::to_doubles(logits.grad()) == std::vector<double>(6, 0));
    });
}

TEST_CASE("options that change nothing give the bits of the plain loss") {
    const Tensor logits = cases::make_tensor({{9, 5}, -3, 3}, DType::float32, 1);
    const Tensor labels = cases::make_tensor({{9}, 0, 4, DType::int32}, DType::float32, 2);
    CHECK(softmax_cross_entropy(logits, labels, {.label_smoothing = 0.1, .weight = {}}).item() ==
          softmax_cross_entropy(logits, labels, 0.1).item());
}

TEST_CASE("dropout keeps its share of elements and the mean") {
    for_each_policy([] {
        constexpr std::int64_t kCount = 100000;
        constexpr double kProbability = 0.3;
        const RandomStream stream{11, RandomPurpose::dropout, 0};
        const Tensor y = dropout(Tensor::full({kCount}, 1), kProbability, stream);
        std::int64_t dropped = 0, wrong = 0;
        for (const float value : y.elements<float>()) {
            dropped += value == 0;
            wrong += value != 0 && !(std::fabs(value - 1 / 0.7f) <= 1e-6f);
        }
        CHECK(wrong == 0);
        // Five standard deviations of a binomial distribution.
        const double deviation = std::sqrt(kCount * kProbability * (1 - kProbability));
        CHECK(std::fabs(static_cast<double>(dropped) - kCount * kProbability) <= 5 * deviation);
    });
}

TEST_CASE("values are summed where an index says, in their order") {
    const Tensor index = Tensor::from({5}, std::vector<std::int32_t>{2, 0, 2, 3, 2});
    const Tensor values = Tensor::from({5, 2}, std::vector<float>{1e8f, 1, 2, 3, 1, 5, 6, 7, -1e8f, 9});
    const Tensor sums = index_sum(values, index, 5);
    REQUIRE(sums.shape() == Shape{5, 2});
    // 1e8 + 1 is 1e8 in float32.
    const std::vector<float> expected{2, 3, 0, 0, 0, 15, 6, 7, 0, 0};
    CHECK(std::ranges::equal(sums.elements<float>(), expected));
    CHECK(index_sum(Tensor::zeros({0, 3}), Tensor::zeros({0}, DType::int64), 2).shape() == Shape{2, 3});
    CHECK_THROWS_WITH(index_sum(values, index, 3), "[index_sum] index 3 at place 3 is outside [0, 3)");
    CHECK_THROWS_WITH(index_sum(values.slice(0, 4), index, 5),
                      "[index_sum] values must be floating-point, (J, ...) for the 5 of the index, got " +
                          to_text(values.slice(0, 4)));
    CHECK_THROWS_WITH(index_sum(values, values, 5),
                      "[index_sum] the index must be (J) of int32 or int64, got " + to_text(values));
}

TEST_CASE("a NaN is not hidden by rounding to bytes, and what is cut off there has no gradient") {
    for_each_policy([] {
        const float below = std::nextafter(2.5F, 0.0F), beyond = std::nextafter(1.5F, 2.0F);
        // Rounded to -1 to 2: the ends themselves, what is rounded to them, what is next to that, and far away.
        Tensor x = vector_of(
            {kNan, kInfinity, -kInfinity, 2, below, 2.5F, 3, -1, -1.5F, -beyond, 1e30F, -0.25F, 0.5F});
        x.set_requires_grad(true);
        const Tensor y = fake_quantize(x, Tensor::full({}, 1), -1, 2);
        CHECK(std::isnan(y.data<float>()[0]));
        const std::vector<float> kept{2, -1, 2, 2, 2, 2, -1, -1, -1, 2, 0, 0},
            passed{0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1};
        CHECK(std::equal(kept.begin(), kept.end(), y.elements<float>().begin() + 1));
        backward(y, Tensor::full(x.shape(), 1));
        CHECK(std::ranges::equal(x.grad().elements<float>(), passed));
    });
}
