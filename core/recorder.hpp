// When which thread does what, written down.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <thread>
#include <vector>

namespace tern {

/// What a stretch of work is called. The texts are not copied.
struct RangeLabel {
    std::string_view name;
    std::string_view layer = {}, implementation = {};  // of an operation
};

struct RecordedRange {
    RangeLabel label;
    int thread = 0;             // in the order of their first ranges; 0 is the one that made the recorder
    double begin = 0, end = 0;  // seconds of the steady clock
};

/// While it lives it hears of each RecordedScope, and so of each Range (core/devices/range.hpp), of all threads. There may
/// be one at a time.
class Recorder {
  public:
    /// `parts`: names of ranges whose seconds are summed. `most_ranges`: how many are kept for ranges(), all of whose
    /// memory is taken here. Throws Error where there is a recorder already.
    explicit Recorder(std::vector<std::string_view> parts, std::size_t most_ranges = 0);
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// Seconds of the thread that made it since then or the last call: for each of the parts, without those nested in it,
    /// then the rest. They add up to what has passed. A range of another name counts for the part around it.
    std::vector<double> take_seconds();
    /// By their beginnings; those that are under way end now.
    std::vector<RecordedRange> ranges() const;
    /// Ranges that there was no room for, when it was full.
    std::int64_t dropped() const;

  private:
    friend class RecordedScope;
    struct Open {
        std::size_t part, place;  // in seconds_, in ranges_
    };
    struct OfThread {
        int number = 0;
        std::vector<Open> open;  // the innermost last
    };

    void begin(const RangeLabel& label);
    void end(double time);
    void count(double time);  // for the innermost part, until then

    std::vector<std::string_view> parts_;
    std::vector<double> seconds_;  // of each, and the rest
    double counted_until_;
    std::map<std::thread::id, OfThread> threads_;
    std::vector<RecordedRange> ranges_;
    std::size_t most_ranges_;
    std::int64_t dropped_ = 0;
    std::uint64_t number_ = 0;  // of all recorders of this process
};

/// From its start to the end of the scope this thread does what the label says. Without a recorder it reads one number.
class RecordedScope {
  public:
    explicit RecordedScope(const RangeLabel& label) noexcept;
    ~RecordedScope();
    RecordedScope(const RecordedScope&) = delete;
    RecordedScope& operator=(const RecordedScope&) = delete;

  private:
    std::uint64_t recorder_ = 0;  // its number; 0: nobody has heard
};

}  // namespace tern
