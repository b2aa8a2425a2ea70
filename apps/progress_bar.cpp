#include "tern/apps/progress_bar.hpp"

#include "tern/apps/console.hpp"

namespace tern::apps {

void ProgressBar::show(const TrainingProgress& progress, std::int64_t epochs) {
    if (first_step_ < 0) first_step_ = progress.step - 1;
    if (!line_.due()) return;
    line_.show(progress_line(progress, epochs, first_step_, line_.seconds(), TerminalLine::width()));
}

std::string progress_line(const TrainingProgress& progress, std::int64_t epochs, std::int64_t first_step,
                          double run_seconds, int width) {
    constexpr int kWidth = 10;
    const double share = static_cast<double>(progress.step) / static_cast<double>(progress.total_steps);
    const auto filled = static_cast<std::size_t>(share * kWidth);
    const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
    const TotalsRead totals = progress.totals.read();
    const double rate =
        static_cast<double>(progress.samples_since_log) / std::max(progress.seconds_since_log, 1e-9);
    const std::string epoch = epochs > 0
                                  ? formatted("epoch %lld/%lld", static_cast<long long>(progress.epoch),
                                              static_cast<long long>(epochs))
                                  : formatted("step %lld/%lld", static_cast<long long>(progress.step),
                                              static_cast<long long>(progress.total_steps));
    // Evaluation between epochs is in the time so far, and so in the time left.
    const auto done = static_cast<double>(std::max<std::int64_t>(progress.step - first_step, 1));
    const double left = run_seconds / done * static_cast<double>(progress.total_steps - progress.step);
    std::string line =
        formatted("[%s] %3.0f%%  %s  %.0f img/s  loss %.4f  acc %.4f  %s left", bar.c_str(), 100 * share,
                  epoch.c_str(), rate, totals.loss, totals.metric("accuracy"), format_seconds(left).c_str());
    if (static_cast<int>(line.size()) > width) line.resize(static_cast<std::size_t>(std::max(width, 0)));
    return line;
}

}  // namespace tern::apps
