// times.jsonl of a run, for tern report.
#include "tern/apps/report/time_log.hpp"

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_or_refuse([&] {
        const apps::report::TimeLog log =
            apps::report::parse_time_log(fuzz::as_text({data, size}), fuzz::kName);
        std::int64_t before = -1;
        for (const apps::report::RankTimes& rank : log.ranks) {
            fuzz::require(rank.rank > before, "ranks are not in order, each once");
            before = rank.rank;
            for (const auto& [name, seconds] : rank.parts)
                fuzz::require(seconds >= 0, "a part took less than no time");
        }
    });
    return 0;
}
