#include "tern/training/tensorboard/event_file.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

// Of ten digits until the year 2286; TensorBoard reads the files of a folder in the order of their names.
constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr std::size_t kDigits = 10;

double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Later than every file there is: two parts of a run may start in the same second, and clocks are put back.
fs::path next_name(const fs::path& folder) {
    auto seconds = static_cast<std::int64_t>(now());
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(kPrefix)) continue;
        std::int64_t other = 0;
        const char* const digits = name.data() + kPrefix.size();
        std::from_chars(digits, digits + std::min(kDigits, name.size() - kPrefix.size()), other);
        seconds = std::max(seconds, other + 1);
    }
    return folder / to_text(kPrefix, seconds, ".tern");
}

fs::path made(const fs::path& folder) {
    make_folders(folder);
    return folder;
}

// As Markdown shows code.
std::string indented(std::string_view text) {
    std::string lines;
    for (bool begins = true; const char letter : text) {
        if (begins) lines += "    ";
        lines += letter;
        begins = letter == '\n';
    }
    return lines;
}

void add_scalars(std::vector<Scalar>& scalars, const std::string& split, const TotalsRead& totals) {
    scalars.push_back({"loss/" + split, totals.loss});
    for (const auto& [metric, value] : totals.metrics) scalars.push_back({metric + '/' + split, value});
}

}  // namespace

EventFile::EventFile(const fs::path& folder) : file_(next_name(made(folder))) {}

void EventFile::begin(std::int64_t done, std::string_view config) {
    const double time = now();
    std::string records = tf_record(version_event(time));
    if (done > 0) records += tf_record(start_event(time, done + 1));
    file_.append(records + tf_record(text_event(time, done, "config", indented(config))));
}

void EventFile::append(std::int64_t step, const std::vector<Scalar>& scalars) {
    file_.append(tf_record(scalars_event(now(), step, scalars)));
}

void EventFile::add(const LogLine& line) {
    std::vector<Scalar> scalars;
    add_scalars(scalars, "train", line.train);
    if (line.validation) add_scalars(scalars, "validation", *line.validation);
    if (line.test) add_scalars(scalars, "test", *line.test);
    scalars.push_back({"learning_rate", line.learning_rate});
    scalars.push_back({"images_per_second", line.images_per_second()});
    if (line.batch_size > 0) scalars.push_back({"batch_size", static_cast<double>(line.batch_size)});
    append(line.step, scalars);
}

void EventFile::add(const StepLoss& loss) { append(loss.step, {{"loss/step", loss.loss}}); }

void EventFile::add(const TestLine& line, std::int64_t step) {
    std::vector<Scalar> scalars;
    add_scalars(scalars, "test", line.test);
    append(step, scalars);
}

}  // namespace tern
