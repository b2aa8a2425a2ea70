// NaN, infinities and proportions, for ref and the implementations in use.
#include <cmath>
#include <limits>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/dropout/dropout.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/kernels/softmax/softmax.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
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
    });
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
