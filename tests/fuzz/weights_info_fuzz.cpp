// The metadata of weight files. Input: lines KEY=VALUE.
#include "tern/training/weights_info.hpp"

#include <sstream>

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;
using fuzz::require;

namespace {

std::map<std::string, std::string> read_lines(std::string_view text) {
    std::map<std::string, std::string> metadata;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t end = line.find('=');
        if (end != std::string::npos) metadata.emplace(line.substr(0, end), line.substr(end + 1));
    }
    return metadata;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto metadata = read_lines(fuzz::as_text({data, size}));
    fuzz::read_or_refuse([&] {
        const std::optional<WeightsInfo> info = parse_weights_info(fuzz::kName, metadata);
        if (!info) return;
        const auto written = weights_metadata(*info);
        const std::optional<WeightsInfo> again = parse_weights_info(fuzz::kName, written);
        require(again && weights_metadata(*again) == written, "metadata changes when written");
    });
    return 0;
}
