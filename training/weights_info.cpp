#include "tern/training/weights_info.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <nlohmann/json.hpp>

#include "tern/core/error.hpp"

namespace tern {
namespace {

using Json = nlohmann::json;
using Metadata = std::map<std::string, std::string>;

constexpr const char* kVersionKey = "format_version";
constexpr const char* kVersion = "1";
constexpr const char* kBitsKey = "quantization";
constexpr const char* kBits = "int8";
constexpr const char* kWidthsKey = "widths";
constexpr std::uint64_t kLargestSide = 8192;  // of fit_image()
constexpr std::uint64_t kLargestWidth = std::numeric_limits<std::int64_t>::max();

// The metadata of one file as tern writes it; every message names file and key.
class InfoReader {
  public:
    InfoReader(const std::string& file, const Metadata& metadata) : file_(file), metadata_(metadata) {}

    WeightsInfo read() const {
        const Shape image = metadata_.contains("image") ? image_shape() : Shape{32, 32, 3};
        const Json normalization = parse("normalization");
        check("normalization", normalization.is_object() && member(normalization, "name").is_string());
        return {text("model"),
                strings("classes"),
                {normalization["name"].get<std::string>(), factors(normalization, "scale", image[2]),
                 factors(normalization, "shift", image[2])},
                image,
                is_quantized(),
                widths()};
    }

  private:
    void check(const char* key, bool condition) const {
        TERN_CHECK(condition, file_, "its metadata has no valid ", key);
    }

    // In place: a copy of a value that is nested a million levels deep overflows the stack.
    static const Json& member(const Json& object, const char* key) {
        static const Json none;
        const auto found = object.find(key);
        return found == object.end() ? none : *found;
    }

    bool is_quantized() const {
        const auto found = metadata_.find(kBitsKey);
        if (found != metadata_.end()) check(kBitsKey, found->second == kBits);
        return found != metadata_.end();
    }

    Widths widths() const {
        const auto found = metadata_.find(kWidthsKey);
        return found == metadata_.end() ? Widths() : parse_widths(file_, found->second);
    }

    const std::string& text(const char* key) const {
        const auto found = metadata_.find(key);
        check(key, found != metadata_.end());
        return found->second;
    }

    Json parse(const char* key) const { return Json::parse(text(key), nullptr, false); }

    std::vector<std::string> strings(const char* key) const {
        const Json value = parse(key);
        check(key, value.is_array() && !value.empty() &&
                       std::ranges::all_of(value, [](const Json& item) { return item.is_string(); }));
        return value.get<std::vector<std::string>>();
    }

    // One for each channel, or none.
    std::vector<double> factors(const Json& object, const char* key, std::int64_t channels) const {
        const Json& value = member(object, key);
        TERN_CHECK(!value.is_array() || value.empty() || std::ssize(value) == channels, file_,
                   "its metadata has a ", key, " of ", value.size(), " numbers, expected ", channels,
                   ", one for each channel of its images, or none");
        check(key, value.is_array() &&
                       std::ranges::all_of(value, [](const Json& item) { return item.is_number(); }));
        return value.get<std::vector<double>>();
    }

    // (H, W, C), each at least 1 and none beyond what images may have.
    Shape image_shape() const {
        const Json value = parse("image");
        check("image",
              value.is_array() && value.size() == 3 && std::ranges::all_of(value, [](const Json& item) {
                  return item.is_number_unsigned() && item.get<std::uint64_t>() >= 1 &&
                         item.get<std::uint64_t>() <= kLargestSide;
              }));
        return Shape(value.get<std::vector<std::int64_t>>());
    }

    const std::string& file_;
    const Metadata& metadata_;
};

}  // namespace

std::optional<WeightsInfo> parse_weights_info(const std::string& file, const Metadata& metadata) {
    const auto version = metadata.find(kVersionKey);
    if (version == metadata.end()) return {};
    TERN_CHECK(version->second == kVersion, file, "has format version ", version->second,
               ", this tern reads ", kVersion);
    return InfoReader(file, metadata).read();
}

Metadata weights_metadata(const WeightsInfo& info) {
    const Normalization& normalization = info.normalization;
    const Json numbers{
        {"name", normalization.name}, {"scale", normalization.scale}, {"shift", normalization.shift}};
    Metadata metadata{{kVersionKey, kVersion},
                      {"model", info.model},
                      {"classes", Json(info.classes).dump(-1, ' ', false, Json::error_handler_t::replace)},
                      {"image", Json(std::vector(info.image.begin(), info.image.end())).dump()},
                      {"normalization", numbers.dump(-1, ' ', false, Json::error_handler_t::replace)}};
    if (info.quantized) metadata.emplace(kBitsKey, kBits);
    if (!info.widths.empty()) metadata.emplace(kWidthsKey, widths_text(info.widths));
    return metadata;
}

std::string widths_text(const Widths& widths) {
    return Json(widths).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Widths parse_widths(const std::string& file, const std::string& text) {
    const Json value = Json::parse(text, nullptr, false);
    const auto is_extent = [](const Json& item) {
        return item.is_number_unsigned() && item.get<std::uint64_t>() <= kLargestWidth;
    };
    const auto are_extents = [&](const Json& item) {
        return item.is_array() && std::ranges::all_of(item, is_extent);
    };
    TERN_CHECK(value.is_object() && std::ranges::all_of(value, are_extents), file,
               "its metadata has no valid ", kWidthsKey);
    return value.get<Widths>();
}

}  // namespace tern
