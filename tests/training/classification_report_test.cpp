// Scores against numbers worked out by hand and with scikit-learn's rules.
#include "tern/training/classification_report.hpp"

#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

ClassificationReport report(std::int64_t classes, const std::vector<std::int64_t>& cells) {
    return make_report(Tensor::from({classes, classes}, cells));
}

}  // namespace

TEST_CASE("precision, recall and F1 of three classes") {
    // Rows are labels: 4 of 5 right, 3 of 5, 1 of 2.
    const ClassificationReport got = report(3, {4, 1, 0, 1, 3, 1, 0, 1, 1});
    CHECK(got.accuracy == Approx(8.0 / 12));
    CHECK(got.classes[0].precision == Approx(4.0 / 5));
    CHECK(got.classes[0].recall == Approx(4.0 / 5));
    CHECK(got.classes[1].precision == Approx(3.0 / 5));
    CHECK(got.classes[2].precision == Approx(1.0 / 2));
    CHECK(got.classes[2].support == 2);
    CHECK(got.classes[1].predicted == 5);
    CHECK(got.classes[1].correct == 3);
    CHECK(got.classes[2].f1 == Approx(0.5));
    CHECK(got.precision == Approx((0.8 + 0.6 + 0.5) / 3));
    CHECK(got.f1 == Approx((0.8 + 0.6 + 0.5) / 3));
}

TEST_CASE("a class without predictions counts as 0, an absent one is left out") {
    // Class 1 is never predicted, class 2 neither occurs nor is predicted, class 3 is only predicted.
    const ClassificationReport got = report(4, {2, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    CHECK(got.classes[1].precision == 0);
    CHECK(got.classes[1].recall == 0);
    CHECK_FALSE(got.classes[1].absent());
    CHECK(got.classes[2].absent());
    CHECK_FALSE(got.classes[3].absent());
    CHECK(got.classes[3].recall == 0);
    CHECK(got.precision == Approx((2.0 / 3 + 0 + 0) / 3));
    CHECK(got.recall == Approx((2.0 / 3 + 0 + 0) / 3));
    CHECK(got.accuracy == Approx(0.5));
}

TEST_CASE("nothing at all gives zeros") {
    const ClassificationReport got = report(2, {0, 0, 0, 0});
    CHECK(got.accuracy == 0);
    CHECK(got.f1 == 0);
}

TEST_CASE("a matrix must be square") {
    CHECK_THROWS_WITH(make_report(Tensor::zeros({2, 3}, DType::int64)),
                      "[classification report] a confusion matrix must be (K, K), got int64 (2,3) on cpu");
}
