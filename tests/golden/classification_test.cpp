// Scores against scikit-learn's, calibration against numpy's.
#include <cmath>

#include "tern/kernels/metrics/metrics.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/golden/golden_file.hpp"
#include "tern/tests/golden/hashed.hpp"
#include "tern/training/calibration.hpp"
#include "tern/training/classification_report.hpp"

using namespace tern;
using test::Json;

namespace {

// Each is one quotient of whole numbers, or a mean of at most ten: some roundings of float64.
void check_near(double got, double expected) {
    if (!(std::fabs(got - expected) <= 1e-15 * 16)) FAIL_CHECK(got << " is not " << expected);
}

}  // namespace

TEST_CASE("precision, recall and F1 are scikit-learn's") {
    const Json golden = test::read_golden("classification_report");
    REQUIRE(golden["cases"].size() == 5);
    for (const Json& item : golden["cases"]) {
        INFO(item["name"].get<std::string>());
        std::vector<std::int64_t> cells;
        for (const Json& row : item["confusion"]) {
            for (const Json& cell : row) cells.push_back(cell.get<std::int64_t>());
        }
        const auto classes = static_cast<std::int64_t>(item["confusion"].size());
        const ClassificationReport got = make_report(Tensor::from({classes, classes}, cells));
        check_near(got.accuracy, item["accuracy"].get<double>());
        check_near(got.precision, item["macro"][0].get<double>());
        check_near(got.recall, item["macro"][1].get<double>());
        check_near(got.f1, item["macro"][2].get<double>());
        for (std::size_t k = 0; k < got.classes.size(); ++k) {
            INFO("class " << k);
            check_near(got.classes[k].precision, item["precision"][k].get<double>());
            check_near(got.classes[k].recall, item["recall"][k].get<double>());
            check_near(got.classes[k].f1, item["f1"][k].get<double>());
            CHECK(got.classes[k].support == item["support"][k].get<std::int64_t>());
        }
    }
}

TEST_CASE("calibration errors and top-5 accuracies are numpy's") {
    const Json golden = test::read_golden("calibration");
    REQUIRE(golden["cases"].size() == 6);
    for (const Json& item : golden["cases"]) {
        const auto name = item["name"].get<std::string>();
        INFO(name);
        const auto samples = item["samples"].get<std::int64_t>(),
                   classes = item["classes"].get<std::int64_t>();
        const auto scale = item["scale"].get<double>();
        const test::Hashed values("calibration/" + name + "/logits"),
            integers("calibration/" + name + "/labels");
        const Tensor logits = Tensor::empty({samples, classes}),
                     labels = Tensor::empty({samples}, DType::int32);
        for (std::int64_t i = 0; i < logits.numel(); ++i)
            logits.data<float>()[i] = static_cast<float>(values.value(i, scale));
        for (std::int64_t n = 0; n < samples; ++n)
            labels.data<std::int32_t>()[n] = static_cast<std::int32_t>(integers.integer(n, classes));
        Calibration calibration;
        // In two batches where there are so many.
        calibration.add(logits.slice(0, 1), labels.slice(0, 1));
        if (samples > 1) calibration.add(logits.slice(1, samples), labels.slice(1, samples));
        // Sums of up to 400 numbers of at most 1, each to a few roundings: half an ulp of 400 for each addition.
        const auto check_sum = [](double got, double expected) {
            if (!(std::fabs(got - expected) <= 400 * 0x1p-53)) FAIL_CHECK(got << " is not " << expected);
        };
        check_sum(calibration.error(), item["error"].get<double>());
        for (std::size_t i = 0; i < Calibration::kBins; ++i) {
            const Calibration::Bin& bin = calibration.bins()[i];
            CHECK(bin.samples == item["bins"][i][0].get<std::int64_t>());
            check_sum(bin.confidence(), item["bins"][i][1].get<double>());
            check_sum(bin.accuracy(), item["bins"][i][2].get<double>());
        }
        const Tensor total = Tensor::zeros({2}, DType::float64);
        accumulate_correct(total, logits, labels, 5);
        check_near(total.data<double>()[0] / total.data<double>()[1], item["top_5"].get<double>());
    }
}
