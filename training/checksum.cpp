#include "tern/training/checksum.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#define XXH_INLINE_ALL  // no library to link
#include <xxhash.h>

#include "tern/core/error.hpp"

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

std::string digits_of(const XXH128_hash_t& hash) {
    std::array<char, kDigits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx%016llx",
                  static_cast<unsigned long long>(hash.high64), static_cast<unsigned long long>(hash.low64));
    return digits.data();
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

std::string xxh128(std::span<const std::byte> bytes) {
    return digits_of(XXH3_128bits(bytes.data(), bytes.size()));
}

struct Xxh128::State {
    XXH3_state_t state;
};

Xxh128::Xxh128() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->state); }
Xxh128::~Xxh128() = default;

void Xxh128::add(std::span<const std::byte> bytes) {
    XXH3_128bits_update(&state_->state, bytes.data(), bytes.size());
}

std::string Xxh128::sum() const { return digits_of(XXH3_128bits_digest(&state_->state)); }

}  // namespace tern
