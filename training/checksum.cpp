#include "tern/training/checksum.hpp"

#include <algorithm>

#include "tern/core/error.hpp"
#include "tern/core/xxh128.hpp"

namespace tern {
namespace {

constexpr std::size_t kDigits = 32;
constexpr std::string_view kBetween = "  ";

bool is_sum(std::string_view text) {
    return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// One that does not lead out of the folder.
bool is_name(std::string_view text) {
    return !text.empty() && text != "." && text != ".." && text.find('/') == std::string_view::npos &&
           text.find('\0') == std::string_view::npos;
}

}  // namespace

std::string checksum(const NamedTensors& tensors) {
    Xxh128 sum;
    for (const auto& [name, tensor] : tensors) {
        const Tensor host = tensor.to(Device::cpu());
        sum.add({host.raw_data(), static_cast<std::size_t>(host.bytes())});
    }
    return sum.sum();
}

std::vector<FileSum> parse_sums(const std::string& file, std::string_view text) {
    std::vector<FileSum> sums;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end), rest = line.substr(std::min(kDigits, line.size()));
        TERN_CHECK(end != std::string_view::npos && is_sum(line.substr(0, kDigits)) &&
                       rest.starts_with(kBetween) && is_name(rest.substr(kBetween.size())),
                   file, "line ", sums.size() + 1, " is not a complete line of a sum and a file name");
        const std::string name(rest.substr(kBetween.size()));
        TERN_CHECK(std::ranges::find(sums, name, &FileSum::name) == sums.end(), file, "line ",
                   sums.size() + 1, " names ", name, " again");
        sums.push_back({std::string(line.substr(0, kDigits)), name});
        text.remove_prefix(end + 1);
    }
    return sums;
}

std::string sums_text(const std::vector<FileSum>& sums) {
    std::string text;
    for (const auto& [sum, name] : sums) text += to_text(sum, kBetween, name, '\n');
    return text;
}

}  // namespace tern
