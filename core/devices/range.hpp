// Names for stretches of work, as profilers show them.
#pragma once

namespace tern {

/// From its start to the end of the scope this thread's work is called `name` in NVIDIA's profilers (NVTX);
/// without one it costs a few nanoseconds, and in a build without CUDA nothing is shown.
class Range {
  public:
    explicit Range(const char* name) noexcept;
    ~Range();
    Range(const Range&) = delete;
    Range& operator=(const Range&) = delete;
};

}  // namespace tern
