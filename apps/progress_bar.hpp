// How far training is.
#pragma once

#include <string>

#include "tern/apps/terminal_line.hpp"
#include "tern/training/trainer.hpp"

namespace tern::apps {

/// A moving line on a terminal.
class ProgressBar {
  public:
    /// At most four times a second: drawing reads the totals, for which a GPU must be waited for.
    void show(const TrainingProgress& progress, std::int64_t epochs);
    /// Before anything else is printed.
    void clear() { line_.clear(); }

  private:
    TerminalLine line_;
    std::int64_t first_step_ = -1;  // done before this process began
};

/// The line: share done, epoch, images/s, loss, accuracy, time left; about 80 columns, cut to `width`.
/// The steps from `first_step` on took `run_seconds`.
std::string progress_line(const TrainingProgress& progress, std::int64_t epochs, std::int64_t first_step,
                          double run_seconds, int width);

}  // namespace tern::apps
