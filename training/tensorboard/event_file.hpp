// A run for TensorBoard.
#pragma once

#include "tern/training/metrics.hpp"
#include "tern/training/record_file.hpp"
#include "tern/training/tensorboard/events.hpp"

namespace tern {

/// One file of events in a folder, which may have others of earlier parts of the run. What fails throws Error, and waits,
/// as with any RecordFile.
class EventFile {
  public:
    /// Makes the folder and in it an empty file whose name sorts behind those that are there.
    explicit EventFile(const std::filesystem::path& folder);

    /// What it has first. `done`: steps of the run so far; what other files have of later ones TensorBoard forgets.
    /// `config`: the run's, shown as text.
    void begin(std::int64_t done, std::string_view config);
    /// loss/train, accuracy/train and what other metrics there are, the same of the validation and the tests, learning_rate,
    /// images_per_second, and batch_size where it grows; at the line's step.
    void add(const LogLine& line);
    /// loss/step
    void add(const StepLoss& loss);
    /// loss/test, accuracy/test, ... after `step`
    void add(const TestLine& line, std::int64_t step);
    void sync() { file_.sync(); }

    const std::filesystem::path& path() const { return file_.path(); }

  private:
    void append(std::int64_t step, const std::vector<Scalar>& scalars);

    RecordFile file_;
};

}  // namespace tern
