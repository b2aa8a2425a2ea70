#include "tern/apps/report/run.hpp"

#include <charconv>

#include "tern/core/files/file.hpp"

namespace tern::apps::report {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kLongestLog = std::int64_t{1} << 26;

// "runs/RUN/" and "." are folders of a name, too.
std::string name_of_folder(const fs::path& folder) {
    std::error_code error;
    fs::path whole = fs::absolute(folder, error).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();
    return whole.filename().string();
}

}  // namespace

std::string Run::setting(const std::string& key) const {
    const auto found = config.find(key);
    return found == config.end() ? "" : found->second;
}

std::int64_t Run::epochs_wanted() const {
    const std::string text = setting("epochs");
    std::int64_t epochs = 0;
    std::from_chars(text.data(), text.data() + text.size(), epochs);
    return epochs;
}

bool Run::finished() const {
    if (log.epochs.empty()) return false;
    if (counts_steps() || log.best_epoch) return true;
    return !log.validated && log.epochs.back().epoch >= epochs_wanted();
}

std::optional<double> Run::logged_test_accuracy() const {
    if (log.best_epoch) return log.best_test.accuracy;
    return log.epochs.empty() ? std::nullopt : log.epochs.back().test.accuracy;
}

std::optional<double> Run::flattered_test_accuracy() const {
    const std::optional<std::int64_t> best = log.validated ? std::nullopt : best_epoch(log);
    for (const EpochLine& row : log.epochs) {
        if (row.epoch == best) return row.test.accuracy;
    }
    return {};
}

std::string Run::weights_name() const {
    for (const char* weights : {"best.safetensors", "last.safetensors"}) {
        if (is_there(folder / weights)) return weights;
    }
    return "";
}

Run read_run(const fs::path& folder) {
    const fs::path config = folder / "config.toml", metrics = folder / "metrics.jsonl",
                   times = folder / "times.jsonl";
    std::error_code error;
    TERN_CHECK(fs::exists(folder, error), folder.string(), "no such folder");
    TERN_CHECK(is_there(config), folder.string(), "holds no run: there is no config.toml in it");
    Run run{folder, name_of_folder(folder), read_config(config.string()), {}, {}};
    if (is_there(metrics)) run.log = parse_run_log(read_text_file(metrics, kLongestLog), metrics.string());
    if (is_there(times)) run.times = parse_time_log(read_text_file(times, kLongestLog), times.string());
    return run;
}

std::string error_of(const std::function<void()>& work) {
    try {
        work();
        return "";
    } catch (const Error& error) {
        return error.what();
    } catch (const UsageError& error) {
        return error.what();
    }
}

}  // namespace tern::apps::report
