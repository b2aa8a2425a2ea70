// Traces as files: what a viewer reads.
#include "tern/training/chrome_trace.hpp"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "tern/core/devices/range.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/operation_ranges.hpp"
#include "tern/training/part_times.hpp"
#include "tern/training/training_step.hpp"

using namespace tern;
using Json = nlohmann::json;

namespace {

std::vector<RecordedRange> example() {
    return {{{"training step"}, 0, 100.5, 100.75},
            {{"conv2d.forward", "a \"b\\", "cpu"}, 0, 100.5000001, 100.5000004},
            {{"load"}, 1, 100.25, 100.5}};
}

}  // namespace

TEST_CASE("a trace is JSON with complete events in microseconds, and names") {
    const std::vector<std::string> events{trace_events(0, "rank 0", example(), 100),
                                          trace_events(1, "rank 1 on \xff", {}, 100)};
    const Json trace = Json::parse(chrome_trace(events, 3, "why"));
    CHECK(trace["otherData"] == Json({{"ranges_dropped", 3}, {"note", "why"}}));
    const Json& all = trace["traceEvents"];
    REQUIRE(all.size() == 8);
    CHECK(all[0] ==
          Json::parse(R"({"name":"process_name","ph":"M","pid":0,"tid":0,"args":{"name":"rank 0"}})"));
    CHECK(all[2] ==
          Json::parse(R"({"name":"thread_name","ph":"M","pid":0,"tid":1,"args":{"name":"worker 1"}})"));
    CHECK(all[3] == Json::parse(R"({"name":"training step","cat":"part","ph":"X","ts":500000.0,"dur":250000.0,
                                    "pid":0,"tid":0})"));
    CHECK(all[4] ==
          Json::parse(R"({"name":"conv2d.forward","cat":"operation","ph":"X","ts":500000.1,"dur":0.3,
                                    "pid":0,"tid":0,"args":{"layer":"a \"b\\","implementation":"cpu"}})"));
    CHECK(all[5]["tid"] == 1);
    CHECK(all[6]["args"]["name"] == "rank 1 on \xef\xbf\xbd");
    CHECK(Json::parse(chrome_trace({}, 0))["traceEvents"].empty());
}

TEST_CASE("the operations of a step lie within its parts, with the layers they are of") {
    test::SmallNetwork network(4);
    const DatasetSource source = test::small_source(Split::train);
    const auto optimizer = make_optimizer(FlatParameters(network), {.learning_rate = 0.01});
    const Tensor samples = epoch_order(8, false, 0, 0, Device::cpu());
    TrainingStep step(network, *optimizer, source);
    Recorder recorder(parts_of_a_run(), 1000);
    OperationRanges operations(network);
    step.run(samples);
    operations.stop();
    const std::size_t of_one = recorder.ranges().size();
    step.run(samples);
    const std::vector<RecordedRange> ranges = recorder.ranges();
    CHECK(recorder.dropped() == 0);

    const auto inside = [&](const RecordedRange& range, std::string_view part) {
        return std::ranges::any_of(ranges, [&](const RecordedRange& outer) {
            return outer.label.name == part && outer.begin <= range.begin && range.end <= outer.end;
        });
    };
    std::size_t count = 0;
    std::set<std::string_view> layers;
    for (const RecordedRange& range : ranges) {
        const RangeLabel& label = range.label;
        CHECK(range.thread == 0);
        CHECK((label.name == "training step" || inside(range, "training step")));
        if (label.implementation.empty()) continue;
        ++count;
        if (label.layer == "-") continue;
        layers.insert(label.layer);
        const bool goes_forward = inside(range, "forward");
        CHECK(goes_forward != inside(range, "backward"));
        if (label.name == "conv2d.forward") CHECK(goes_forward);
        if (label.name == "conv2d.backward_weight") CHECK_FALSE(goes_forward);
    }
    CHECK(count > 10);
    CHECK(layers.size() > 2);
    // The second step has its parts alone.
    CHECK(ranges.size() == 2 * (of_one - count) + count);
    const std::vector<double> seconds = recorder.take_seconds();
    const auto part = [&](std::string_view name) {
        const std::vector<std::string_view> parts = parts_of_a_run();
        return seconds[static_cast<std::size_t>(std::ranges::find(parts, name) - parts.begin())];
    };
    for (const char* name : {"load", "forward", "backward", "optimizer"}) CHECK(part(name) > 0);
    CHECK(part("evaluation") == 0);
}

TEST_CASE("times by part are one JSON object for each rank, the rest as other") {
    const std::vector<double> seconds{1, 2, 3, 0.5, 0, 0, 4, 0.25, 0.125};
    const std::string line = times_line(7, std::vector{times_of_rank(0, "a", seconds, {{"gradients", 0.5}}),
                                                       times_of_rank(1, "b", seconds, {})});
    CHECK(line ==
          R"({"epoch":7,"ranks":[{"rank":0,"host":"a","seconds":{"load":1.0,"forward":2.0,"backward":3.0,)"
          R"("exchange":0.5,"optimizer":0.0,"statistics":0.0,"evaluation":4.0,"save":0.25,"other":0.125},)"
          R"("waits":{"gradients":0.5}},{"rank":1,"host":"b","seconds":{"load":1.0,"forward":2.0,)"
          R"("backward":3.0,"exchange":0.5,"optimizer":0.0,"statistics":0.0,"evaluation":4.0,"save":0.25,)"
          R"("other":0.125},"waits":{}}]})");
}
