// metrics.jsonl of a run, for tern report.
#include "tern/apps/report/run_log.hpp"

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_or_refuse([&] {
        const apps::report::RunLog log =
            apps::report::parse_run_log(fuzz::as_text({data, size}), fuzz::kName);
        std::int64_t before = 1;
        for (const apps::report::EpochLine& row : log.epochs) {
            fuzz::require(row.epoch >= before, "epochs go down");
            before = row.epoch;
        }
        const auto best = apps::report::best_epoch(log);
        fuzz::require(!best || *best >= 1, "the best epoch is none");
    });
    return 0;
}
