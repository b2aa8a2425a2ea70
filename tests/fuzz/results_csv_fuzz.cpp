// Log lines that become comma-separated values.
#include "tern/training/results_csv.hpp"

#include <algorithm>

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_or_refuse([&] {
        const std::string csv = csv_of_json_lines(fuzz::kName, fuzz::as_text({data, size}));
        fuzz::require(csv.empty() == (size == 0), "lines are lost");
        fuzz::require(csv.empty() || csv.ends_with("\r\n"), "the last line has no end");
        fuzz::require(std::ranges::count(csv, '"') % 2 == 0, "a quote is open");
    });
    return 0;
}
