#include "tern/apps/work_log.hpp"

#include <numeric>
#include <utility>

#include "tern/apps/console.hpp"
#include "tern/apps/ranks.hpp"
#include "tern/core/clock.hpp"
#include "tern/core/error.hpp"
#include "tern/core/files/output.hpp"
#include "tern/distributed/share.hpp"
#include "tern/training/chrome_trace.hpp"
#include "tern/training/part_times.hpp"

namespace tern::apps {
namespace {

constexpr std::int64_t kStepsOfOperations = 20;

// By this rank's clock. Those of hosts differ: each counts from the moment at which all have met.
double common_start() {
    gather_texts(ranks(), "", WorkLog::kTrace);
    return steady_seconds();
}

std::string note_of_full(std::int64_t dropped) {
    if (dropped == 0) return "";
    return to_text("a trace has room for ", trace_ranges(),
                   " ranges of each rank: the end of the run is missing");
}

}  // namespace

WorkLog::WorkLog(Module& model, const Flag& trace, std::function<void(const std::string&)> tell)
    : trace_(trace),
      tell_(std::move(tell)),
      start_(trace ? common_start() : 0),
      recorder_(parts_of_a_run(), trace ? trace_ranges() : 0) {
    for (const ExchangeCost& cost : exchange_costs()) waited_[cost.what] = cost.waited;
    if (trace_) operations_.emplace(model);
}

WorkLog::~WorkLog() {
    if (!trace_ || finished_ || steps_ == 0 || !is_first_rank()) return;
    try {
        const std::string others =
            ranks().size() > 1 ? "the run has failed: of other ranks nothing is here" : "";
        write({own_events()}, recorder_.dropped(), others);
    } catch (const Error& error) {
        warn(error.what());
    }
}

std::string WorkLog::times_line(std::int64_t epoch) {
    std::map<std::string, double> waits;
    for (const ExchangeCost& cost : exchange_costs())
        if (const double before = std::exchange(waited_[cost.what], cost.waited); cost.waited > before)
            waits[cost.what] = cost.waited - before;
    const std::string own = times_of_rank(ranks().rank(), host_name(), recorder_.take_seconds(), waits);
    return tern::times_line(epoch, gather_texts(ranks(), own, kTimes));
}

void WorkLog::count_step() {
    if (++steps_ == kStepsOfOperations) operations_->stop();
    if (!told_ && is_first_rank() && recorder_.dropped() > 0) {
        told_ = true;
        tell_(to_text('[', *trace_, "] the trace has room for ", trace_ranges(),
                      " ranges of each rank, and is full; the run continues without"));
    }
}

std::string WorkLog::own_events() const {
    const std::string name = to_text("rank ", ranks().rank(), " on ", host_name());
    return trace_events(ranks().rank(), name, recorder_.ranges(), start_);
}

void WorkLog::finish() {
    if (!trace_) return;
    const std::vector<std::string> events = gather_texts(ranks(), own_events(), kTrace);
    const std::vector<std::string> dropped =
        gather_texts(ranks(), std::to_string(recorder_.dropped()), kTrace);
    finished_ = true;
    if (!is_first_rank()) return;
    const std::int64_t all =
        std::accumulate(dropped.begin(), dropped.end(), std::int64_t{0},
                        [](std::int64_t sum, const std::string& count) { return sum + std::stoll(count); });
    write(events, all, "");
}

void WorkLog::write(const std::vector<std::string>& events, std::int64_t dropped,
                    const std::string& note) const {
    std::string notes = note_of_full(dropped);
    if (!note.empty()) notes += (notes.empty() ? "" : "; ") + note;
    const std::string text = chrome_trace(events, dropped, notes);
    write_output(*trace_, std::as_bytes(std::span(text)));
}

}  // namespace tern::apps
