// What a Recorder hears of threads.
#include "tern/core/recorder.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <optional>

#include "tern/core/devices/range.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void work(double seconds) {
    for (const double end = now() + seconds; now() < end;) {
    }
}

constexpr double kMoment = 2e-3;

}  // namespace

TEST_CASE("seconds of parts are without those nested in them, and add up to what has passed") {
    const double before = now();
    Recorder recorder({"outer", "inner", "never"});
    const double start = now();
    work(kMoment);
    {
        const Range outer("outer");
        work(kMoment);
        {
            const Range other("of another name");
            const Range inner("inner");
            work(3 * kMoment);
        }
        {
            const Range other("of another name");
            work(kMoment);
        }
    }
    const double end = now();
    const std::vector<double> seconds = recorder.take_seconds();
    const double after = now();
    REQUIRE(seconds.size() == 4);
    CHECK(seconds[0] >= 2 * kMoment);
    CHECK(seconds[1] >= 3 * kMoment);
    CHECK(seconds[2] == 0);
    CHECK(seconds[3] >= kMoment);
    const double sum = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    CHECK(sum >= end - start);
    CHECK(sum <= after - before);
    const std::vector<double> next = recorder.take_seconds();
    CHECK(std::accumulate(next.begin(), next.end(), 0.0) <= now() - end);
    CHECK(next[0] == 0);
}

TEST_CASE("a part that is under way counts for the time before and after") {
    Recorder recorder({"part"});
    const Range range("part");
    work(kMoment);
    const std::vector<double> first = recorder.take_seconds();
    work(kMoment);
    const std::vector<double> second = recorder.take_seconds();
    CHECK(first[0] >= kMoment);
    CHECK(second[0] >= kMoment);
    CHECK(second[1] == 0);
}

TEST_CASE("ranges lie within those around them, each on its thread") {
    Recorder recorder({"part"}, 100);
    {
        const Range outer("outer");
        std::thread helper([] {
            const Range range("of the helper");
            const RecordedScope operation({"conv2d.forward", "conv1", "cpu"});
        });
        const Range inner("part");
        work(kMoment);
        helper.join();
    }
    const std::vector<RecordedRange> ranges = recorder.ranges();
    REQUIRE(ranges.size() == 4);
    CHECK(recorder.dropped() == 0);
    const auto of = [&](std::string_view name) {
        return *std::ranges::find(ranges, name, [](const RecordedRange& range) { return range.label.name; });
    };
    CHECK(ranges.front().label.name == "outer");
    for (const RecordedRange& range : ranges) {
        CHECK(range.begin <= range.end);
        CHECK(range.begin >= of("outer").begin);
        CHECK(range.end <= of("outer").end);
        CHECK(range.thread == (range.label.name == "outer" || range.label.name == "part" ? 0 : 1));
    }
    CHECK(of("conv2d.forward").begin >= of("of the helper").begin);
    CHECK(of("conv2d.forward").end <= of("of the helper").end);
    CHECK(of("conv2d.forward").label.layer == "conv1");
    CHECK(of("conv2d.forward").label.implementation == "cpu");
    // What another thread did is no time of this one.
    CHECK(recorder.take_seconds()[0] >= kMoment);
}

TEST_CASE("a recorder that is full counts what it has no room for, and goes on with the seconds") {
    Recorder recorder({"part"}, 2);
    for (int i = 0; i < 5; ++i) {
        const Range range("part");
        work(kMoment / 4);
    }
    CHECK(recorder.ranges().size() == 2);
    CHECK(recorder.dropped() == 3);
    CHECK(recorder.take_seconds()[0] >= 5 * kMoment / 4);
    CHECK(recorder.ranges().back().end < now());
}

TEST_CASE("ranges and recorders may end in any order, and there is one recorder at a time") {
    std::optional<Recorder> recorder(std::in_place, std::vector<std::string_view>{"part"}, 10);
    CHECK_THROWS_WITH(Recorder({}), "[recorder] there may be one at a time, and there is one");
    std::optional<Range> before;
    before.emplace("part");
    recorder.reset();
    recorder.emplace(std::vector<std::string_view>{"part"}, 10);
    before.reset();  // of a recorder that is gone
    CHECK(recorder->ranges().empty());
    before.emplace("part");
    CHECK(recorder->ranges().size() == 1);  // under way
    CHECK(recorder->ranges().front().end >= recorder->ranges().front().begin);
    recorder.reset();
    before.reset();
}

TEST_CASE("threads begin and end ranges while recorders come and go") {
    std::vector<std::thread> threads;
    std::atomic<bool> ends{false};
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&ends] {
            while (!ends) {
                const Range outer("outer");
                const Range inner("part");
            }
        });
    for (int i = 0; i < 50; ++i) {
        Recorder recorder({"part"}, 64);
        const Range own("part");
        CHECK(recorder.ranges().size() <= 64);
        const std::vector<double> seconds = recorder.take_seconds();
        CHECK(seconds[0] >= 0);
    }
    ends = true;
    for (std::thread& thread : threads) thread.join();
}
