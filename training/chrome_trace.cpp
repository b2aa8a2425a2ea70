#include "tern/training/chrome_trace.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "tern/core/environment.hpp"
#include "tern/core/error.hpp"

namespace tern {
namespace {

std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string metadata(const char* what, int process, int thread, const std::string& name) {
    return to_text(R"({"name":")", what, R"(","ph":"M","pid":)", process, R"(,"tid":)", thread,
                   R"(,"args":{"name":)", json_text(name), "}}");
}

// Whole nanoseconds, so that what lies within another range does so in the file.
std::int64_t nanoseconds(double seconds) { return std::llround(std::max(seconds, 0.0) * 1e9); }

std::string microseconds(std::int64_t nanoseconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(nanoseconds / 1000),
                  static_cast<long long>(nanoseconds % 1000));
    return text;
}

void add_event(std::string& text, int process, const RecordedRange& range, double origin) {
    const std::int64_t begin = nanoseconds(range.begin - origin), end = nanoseconds(range.end - origin);
    const bool is_operation = !range.label.implementation.empty();
    text += ",\n{\"name\":" + json_text(range.label.name) + R"(,"cat":")" +
            (is_operation ? "operation" : "part") + R"(","ph":"X","ts":)" + microseconds(begin) +
            R"(,"dur":)" + microseconds(end - begin) + R"(,"pid":)" + std::to_string(process) + R"(,"tid":)" +
            std::to_string(range.thread);
    if (is_operation)
        text += R"(,"args":{"layer":)" + json_text(range.label.layer) + R"(,"implementation":)" +
                json_text(range.label.implementation) + '}';
    text += '}';
}

}  // namespace

std::size_t trace_ranges() {
    constexpr std::int64_t kUsual = 1 << 17, kMost = 1 << 24;
    return static_cast<std::size_t>(environment_number("TERN_TRACE_RANGES", kMost).value_or(kUsual));
}

std::string trace_events(int process, const std::string& name, std::span<const RecordedRange> ranges,
                         double origin) {
    std::string text = metadata("process_name", process, 0, name);
    int threads = 1;
    for (const RecordedRange& range : ranges) threads = std::max(threads, range.thread + 1);
    for (int thread = 0; thread < threads; ++thread)
        text += ",\n" + metadata("thread_name", process, thread,
                                 thread == 0 ? "training" : "worker " + std::to_string(thread));
    for (const RecordedRange& range : ranges) add_event(text, process, range, origin);
    return text;
}

std::string chrome_trace(std::span<const std::string> events, std::int64_t dropped, const std::string& note) {
    std::string text = R"({"displayTimeUnit":"ms","otherData":{"ranges_dropped":)" + std::to_string(dropped);
    if (!note.empty()) text += R"(,"note":)" + json_text(note);
    text += "},\"traceEvents\":[\n";
    for (std::size_t i = 0; i < events.size(); ++i) text += (i > 0 ? ",\n" : "") + events[i];
    return text + "\n]}\n";
}

}  // namespace tern
