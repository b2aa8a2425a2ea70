// Names for stretches of work, as profilers show them.
#pragma once

#include "tern/core/recorder.hpp"

namespace tern {

/// From its start to the end of the scope this thread's work is called `name` in NVIDIA's profilers (NVTX);
/// without one it costs a few nanoseconds, and in a build without CUDA nothing is shown.
class NvtxRange {
  public:
    explicit NvtxRange(const char* name) noexcept;
    ~NvtxRange();
    NvtxRange(const NvtxRange&) = delete;
    NvtxRange& operator=(const NvtxRange&) = delete;
};

/// The same, and a Recorder hears of it, too. For the parts of a run, not for what it does a hundred times a step.
/// `name` must stay as long as that recorder: a literal.
class Range {
  public:
    explicit Range(const char* name) noexcept : shown_(name), recorded_({name}) {}

  private:
    NvtxRange shown_;
    RecordedScope recorded_;
};

}  // namespace tern
