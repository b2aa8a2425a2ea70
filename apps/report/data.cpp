#include <nlohmann/json.hpp>

#include "tern/apps/evaluated_model.hpp"
#include "tern/apps/report/report.hpp"
#include "tern/version.hpp"

namespace tern::apps::report {
namespace {

using Json = nlohmann::ordered_json;

Json number(std::optional<double> value) { return value ? Json(*value) : Json(); }

Json epochs_of(const RunLog& log) {
    Json rows = Json::array();
    for (const EpochLine& row : log.epochs) {
        const Scores& held = log.validated ? row.validation : row.test;
        rows.push_back({{"epoch", row.epoch},
                        {"train_loss", number(row.train.loss)},
                        {"held_loss", number(held.loss)},
                        {"train_accuracy", number(row.train.accuracy)},
                        {"held_accuracy", number(held.accuracy)},
                        {"learning_rate", row.learning_rate},
                        {"images_per_second", row.images_per_second},
                        {"seconds", row.seconds}});
    }
    return rows;
}

Json seconds_of(const NamedSeconds& list) {
    Json all = Json::object();
    for (const auto& [name, seconds] : list) all[name] = seconds;
    return all;
}

Json times_of(const Run& run) {
    Json ranks = Json::array();
    if (run.times)
        for (const RankTimes& rank : run.times->ranks)
            ranks.push_back({{"rank", rank.rank},
                             {"host", rank.host},
                             {"seconds", seconds_of(rank.parts)},
                             {"waits", seconds_of(rank.waits)}});
    return ranks;
}

Json tests_of(const TestedRun& tested) {
    if (!tested.done()) return {{"why_not", tested.why_not}};
    return {{"weights", tested.weights},
            {"data", tested.data},
            {"samples", tested.samples},
            {"loss", tested.loss},
            {"accuracy", tested.scores.accuracy},
            {"classes", tested.classes},
            {"confusion", confusion_json(tested.confusion)},
            {"calibration", calibration_json(tested.calibration)}};
}

}  // namespace

Html data_section(const Report& report) {
    Json runs = Json::array();
    for (const auto& [run, tested, batch] : report.runs) {
        Json own{{"run", run.name},
                 {"settings", run.config},
                 {"held", run.log.validated ? "validation" : "test"},
                 {"epochs", epochs_of(run.log)},
                 {"times", times_of(run)},
                 {"tests", tests_of(tested)}};
        if (run.log.best_epoch)
            own["tested"] = {{"best_epoch", *run.log.best_epoch},
                             {"test_loss", number(run.log.best_test.loss)},
                             {"test_accuracy", number(run.log.best_test.accuracy)}};
        runs.push_back(std::move(own));
    }
    Html section;
    section << "<script type=\"application/json\" id=\"data\">";
    section.own(script_json({{"tern", kVersion}, {"runs", runs}})) << "</script>\n";
    return section;
}

}  // namespace tern::apps::report
