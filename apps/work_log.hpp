// What the ranks of a run do when: times by part, and the file of --trace.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "tern/apps/flags.hpp"
#include "tern/core/recorder.hpp"
#include "tern/training/operation_ranges.hpp"

namespace tern::apps {

/// Of this rank while it lives; what is said to be collective all ranks call.
class WorkLog {
  public:
    /// `trace`: the file, none for no trace, on all ranks alike. `model`: whose layers it names. `tell`: what hears that it
    /// is full. Collective.
    WorkLog(Module& model, const Flag& trace, std::function<void(const std::string&)> tell);
    /// Where finish() has not been called after the first step, the first rank writes the trace of its own work: others
    /// may have ended.
    ~WorkLog();
    WorkLog(const WorkLog&) = delete;
    WorkLog& operator=(const WorkLog&) = delete;

    /// Of the time since the last one, see times_line(). Collective.
    std::string times_line(std::int64_t epoch);
    /// After each step of a traced run: single operations are traced in the first few.
    void count_step();
    /// Writes the trace of all ranks. Collective. Throws Error where the file cannot be written.
    void finish();

    /// Purposes of what ranks send for this, which is no cost of training.
    static constexpr const char* kTimes = "times by part";
    static constexpr const char* kTrace = "the trace";

  private:
    std::string own_events() const;
    void write(const std::vector<std::string>& events, std::int64_t dropped, const std::string& note) const;

    Flag trace_;
    std::function<void(const std::string&)> tell_;
    double start_;  // of all ranks about the same moment
    Recorder recorder_;
    std::optional<OperationRanges> operations_;
    std::map<std::string, double> waited_;  // by purpose, at the last times_line()
    std::int64_t steps_ = 0;
    bool told_ = false, finished_ = false;
};

}  // namespace tern::apps
