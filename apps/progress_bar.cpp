#include "tern/apps/progress_bar.hpp"

#include "tern/apps/console.hpp"

namespace tern::apps {

void ProgressBar::show(const TrainingProgress& progress, std::int64_t epochs) {
    if (line_.due()) line_.show(progress_line(progress, epochs, line_.seconds(), TerminalLine::width()));
}

std::string progress_line(const TrainingProgress& progress, std::int64_t epochs, double run_seconds,
                          int width) {
    constexpr int kCells = 10;
    const double share = static_cast<double>(progress.step) / static_cast<double>(progress.total_steps);
    const auto filled = static_cast<std::size_t>(share * kCells);
    const std::string bar = std::string(filled, '#') + std::string(kCells - filled, '.');
    const TotalsRead totals = progress.totals.read();
    const double rate = static_cast<double>(progress.row_records) / std::max(progress.row_seconds, 1e-9);
    const std::string epoch = epochs > 0
                                  ? formatted("epoch %lld/%lld", static_cast<long long>(progress.epoch),
                                              static_cast<long long>(epochs))
                                  : formatted("step %lld/%lld", static_cast<long long>(progress.step),
                                              static_cast<long long>(progress.total_steps));
    // Evaluation between epochs is in the time so far, and so in the time left.
    const double left = run_seconds / share - run_seconds;
    std::string line =
        formatted("[%s] %3.0f%%  %s  %.0f img/s  loss %.4f  acc %.4f  %s left", bar.c_str(), 100 * share,
                  epoch.c_str(), rate, totals.loss, totals.accuracy, format_seconds(left).c_str());
    if (static_cast<int>(line.size()) > width) line.resize(static_cast<std::size_t>(std::max(width, 0)));
    return line;
}

}  // namespace tern::apps
