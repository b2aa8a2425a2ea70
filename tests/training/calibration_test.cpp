// What the numbers from numpy (tests/golden) do not have.
#include "tern/training/calibration.hpp"

#include <cmath>
#include <limits>

#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("a classifier that is sure and right is calibrated, one that is sure and wrong is not") {
    const Tensor logits = Tensor::from({4, 2}, {90.0f, 0.0f, 90.0f, 0.0f, 0.0f, 90.0f, 0.0f, 90.0f});
    Calibration right, wrong, half;
    CHECK(right.error() == 0);
    right.add(logits, Tensor::from<std::int32_t>({4}, {0, 0, 1, 1}));
    CHECK(right.error() == 0);
    CHECK(right.bins().back().samples == 4);
    wrong.add(logits, Tensor::from<std::int32_t>({4}, {1, 1, 0, 0}));
    CHECK(wrong.error() == 1);
    half.add(logits, Tensor::from<std::int32_t>({4}, {0, 1, 0, 1}));
    CHECK(half.error() == 0.5);
}

TEST_CASE("16 bits are counted as they are") {
    Calibration calibration;
    calibration.add(Tensor::zeros({3, 4}, DType::bfloat16), Tensor::from<std::int32_t>({3}, {0, 0, 1}));
    CHECK(calibration.bins()[3].samples == 3);  // a quarter each
    CHECK(calibration.bins()[3].correct == 2);  // of equal logits the first
    CHECK(calibration.error() == Approx(2.0 / 3 - 0.25));
}

TEST_CASE("a logit that is not finite is told") {
    for (const float value :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        Calibration calibration;
        calibration.add(Tensor::from({1, 2}, {0.0f, value}), Tensor::from<std::int32_t>({1}, {0}));
        CHECK(std::isnan(calibration.error()));
    }
}

TEST_CASE("logits and labels must fit") {
    CHECK_THROWS_WITH(
        Calibration().add(Tensor::zeros({2, 3}), Tensor::zeros({3}, DType::int32)),
        "[calibration] takes logits (N, K) and labels (N), got float32 (2,3) on cpu and int32 (3) "
        "on cpu");
}
