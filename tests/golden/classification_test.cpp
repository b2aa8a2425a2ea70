// Scores against scikit-learn's.
#include <cmath>

#include "tern/tests/catch.hpp"
#include "tern/tests/golden/golden_file.hpp"
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
