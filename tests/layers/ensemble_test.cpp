// Classifiers that answer together.
#include "tern/layers/ensemble.hpp"

#include <cmath>

#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

// Answers the same, whatever it sees.
struct Constant : Module {
    explicit Constant(Tensor logits) : logits_(std::move(logits)) {}
    std::string type() const override { return "Constant"; }
    Features forward(Features) override { return logits_; }
    Tensor logits_;
};

std::vector<std::unique_ptr<Module>> members(std::initializer_list<Tensor> logits) {
    std::vector<std::unique_ptr<Module>> all;
    for (const Tensor& each : logits) all.push_back(std::make_unique<Constant>(each));
    return all;
}

Tensor row(std::initializer_list<double> numbers) {
    return Tensor::from({1, static_cast<std::int64_t>(numbers.size())}, std::vector<double>(numbers));
}

}  // namespace

TEST_CASE("an ensemble answers the mean of its members' probabilities") {
    const std::vector<std::vector<double>> logits{{1, 2, 3}, {0, 0, 5}, {-1, 4, 2}};
    std::vector<double> mean(3);
    for (const std::vector<double>& member : logits) {
        double sum = 0;
        for (const double logit : member) sum += std::exp(logit);
        for (std::size_t k = 0; k < 3; ++k) mean[k] += std::exp(member[k]) / sum / 3;
    }
    Ensemble ensemble(members({row({1, 2, 3}), row({0, 0, 5}), row({-1, 4, 2})}));
    const Tensor answer = ensemble(Tensor::zeros({1, 1}, DType::float64));
    REQUIRE(answer.shape() == Shape{1, 3});
    // A dozen roundings of numbers of at most 5.
    for (std::size_t k = 0; k < 3; ++k)
        CHECK(std::abs(answer.data<double>()[k] - std::log(mean[k])) <= 12 * 5 * 0x1p-53);
}

TEST_CASE("what no member thinks possible is improbable, not impossible") {
    Ensemble ensemble(members({Tensor::from({1, 2}, {0.f, 1000.f}), Tensor::from({1, 2}, {0.f, 500.f})}));
    const Tensor answer = ensemble(Tensor::zeros({1, 1}));
    CHECK(answer.data<float>()[0] == Approx(-126 * std::log(2.0)));
    CHECK(answer.data<float>()[1] == 0);
}

TEST_CASE("an ensemble of none, and of members that answer differently") {
    CHECK_THROWS_WITH(Ensemble({}), "[ensemble] needs at least one member");
    Ensemble ensemble(members({row({1, 2}), row({1, 2, 3})}));
    CHECK_THROWS_WITH(ensemble(Tensor::zeros({1, 1}, DType::float64)),
                      "[ensemble] member 1 answers (1,3), the others (1,2)");
}
