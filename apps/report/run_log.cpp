#include "tern/apps/report/run_log.hpp"

#include "tern/apps/report/json_lines.hpp"

namespace tern::apps::report {
namespace {

Scores scores_of(const JsonLine& line, const std::string& split) {
    return {line.number_or_null((split + "_loss").c_str()),
            line.number_or_null((split + "_accuracy").c_str())};
}

void take_epoch(const JsonLine& line, RunLog& log) {
    EpochLine row;
    row.epoch = line.whole("epoch", 1);
    // Of a run of steps each part has a line, and several may end in one epoch.
    if (!log.epochs.empty() && row.epoch < log.epochs.back().epoch)
        line.refuse("epoch ", row.epoch, " stands after epoch ", log.epochs.back().epoch);
    const bool validated = line.object.contains("validation_loss");
    if (!log.epochs.empty() && validated != log.validated)
        line.refuse(validated ? "has validation_loss, the lines before have none" : "has no validation_loss");
    log.validated = validated;
    row.train = scores_of(line, "train");
    if (validated) row.validation = scores_of(line, "validation");
    row.test = scores_of(line, "test");
    row.seconds = line.finite("seconds");
    row.images_per_second = line.finite("images_per_second");
    row.learning_rate = line.finite("learning_rate");
    log.epochs.push_back(row);
}

}  // namespace

RunLog parse_run_log(std::string_view text, const std::string& file) {
    RunLog log;
    log.cut = for_each_json_line(text, file, [&](const JsonLine& line) {
        if (log.best_epoch) line.refuse("stands after that of the tests, the last one");
        if (!line.object.contains("best_epoch")) return take_epoch(line, log);
        log.best_epoch = line.whole("best_epoch", 1);
        log.best_test = scores_of(line, "test");
    });
    return log;
}

std::optional<std::int64_t> best_epoch(const RunLog& log) {
    if (log.best_epoch) return log.best_epoch;
    std::optional<std::int64_t> best;
    double highest = -1;
    for (const EpochLine& row : log.epochs) {
        const std::optional<double> accuracy = log.validated ? row.validation.accuracy : row.test.accuracy;
        if (!accuracy || *accuracy <= highest) continue;
        highest = *accuracy;
        best = row.epoch;
    }
    return best;
}

}  // namespace tern::apps::report
