// One moving line on a terminal.
#pragma once

#include <string>

#include "tern/training/trainer.hpp"

namespace tern::apps {

/// Draws on standard error where that is a terminal; else does nothing.
class ProgressBar {
  public:
    ProgressBar();
    ~ProgressBar() { clear(); }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// At most four times a second: drawing reads the totals, for which a GPU must be waited for.
    void show(const TrainingProgress& progress, std::int64_t epochs);
    /// Before anything else is printed.
    void clear();

  private:
    bool terminal_;
    bool drawn_ = false;
    double last_ = 0;
    double start_;
};

/// The line: share done, epoch, images/s, loss, accuracy, time left; about 80 columns, cut to `width`.
std::string progress_line(const TrainingProgress& progress, std::int64_t epochs, double run_seconds,
                          int width);

}  // namespace tern::apps
