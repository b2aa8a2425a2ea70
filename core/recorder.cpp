#include "tern/core/recorder.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "tern/core/clock.hpp"
#include "tern/core/error.hpp"

namespace tern {
namespace {

// Ranges of a step are few, so that threads hardly ever meet here.
std::mutex mutex;
std::atomic<Recorder*> listening{nullptr};  // changes under the mutex
std::uint64_t recorders = 0;

constexpr std::size_t kNowhere = ~std::size_t{0};
constexpr std::size_t kUsualDepth = 16;
constexpr double kUnderWay = -1;

}  // namespace

Recorder::Recorder(std::vector<std::string_view> parts, std::size_t most_ranges)
    : parts_(std::move(parts)),
      seconds_(parts_.size() + 1),
      counted_until_(steady_seconds()),
      most_ranges_(most_ranges) {
    ranges_.reserve(most_ranges);
    threads_[std::this_thread::get_id()].open.reserve(kUsualDepth);
    const std::lock_guard lock(mutex);
    TERN_CHECK(listening == nullptr, "recorder", "there may be one at a time, and there is one");
    number_ = ++recorders;
    listening = this;
}

Recorder::~Recorder() {
    const std::lock_guard lock(mutex);
    listening = nullptr;
}

void Recorder::count(double time) {
    const std::vector<Open>& open = threads_[std::this_thread::get_id()].open;
    seconds_[open.empty() ? parts_.size() : open.back().part] += time - counted_until_;
    counted_until_ = time;
}

void Recorder::begin(const RangeLabel& label) {
    const auto [found, is_new] = threads_.try_emplace(std::this_thread::get_id());
    OfThread& thread = found->second;
    if (is_new) thread.number = static_cast<int>(threads_.size()) - 1;
    const auto part = static_cast<std::size_t>(std::ranges::find(parts_, label.name) - parts_.begin());
    const std::size_t around = thread.open.empty() ? parts_.size() : thread.open.back().part;
    const bool fits = ranges_.size() < most_ranges_;
    const std::size_t place = fits ? ranges_.size() : kNowhere;
    if (most_ranges_ > 0 && !fits) ++dropped_;
    const double start = steady_seconds();
    if (thread.number == 0) count(start);
    if (fits) ranges_.push_back({label, thread.number, start, kUnderWay});
    thread.open.push_back({part < parts_.size() ? part : around, place});
}

void Recorder::end(double time) {
    OfThread& thread = threads_[std::this_thread::get_id()];
    if (thread.number == 0) count(time);
    if (const std::size_t place = thread.open.back().place; place != kNowhere) ranges_[place].end = time;
    thread.open.pop_back();
}

std::vector<double> Recorder::take_seconds() {
    const std::lock_guard lock(mutex);
    TERN_ASSERT(threads_[std::this_thread::get_id()].number == 0);
    count(steady_seconds());
    return std::exchange(seconds_, std::vector<double>(parts_.size() + 1));
}

std::vector<RecordedRange> Recorder::ranges() const {
    const std::lock_guard lock(mutex);
    std::vector<RecordedRange> ranges = ranges_;
    for (RecordedRange& range : ranges)
        if (range.end == kUnderWay) range.end = steady_seconds();
    return ranges;
}

std::int64_t Recorder::dropped() const {
    const std::lock_guard lock(mutex);
    return dropped_;
}

RecordedScope::RecordedScope(const RangeLabel& label) noexcept {
    if (listening.load(std::memory_order_relaxed) == nullptr) return;
    const std::lock_guard lock(mutex);
    Recorder* const recorder = listening;
    if (recorder == nullptr) return;
    recorder->begin(label);
    recorder_ = recorder->number_;
}

// One that has begun under a recorder may end when that is gone, and another one is there.
RecordedScope::~RecordedScope() {
    if (recorder_ == 0) return;
    const double end = steady_seconds();
    const std::lock_guard lock(mutex);
    Recorder* const recorder = listening;
    if (recorder != nullptr && recorder->number_ == recorder_) recorder->end(end);
}

}  // namespace tern
