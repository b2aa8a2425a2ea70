#include "tern/data/augmentation.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "tern/core/error.hpp"

namespace tern {
namespace {

using Params = PrepareImagesParams;

const char* const kWhere = "augment";
const std::array<std::string_view, 3> kBorders{"black", "edge", "reflect"};  // in the order of CropBorder
const Params kCropFlip{.crop_padding = 4, .flip = true};

// "name=value:mode" in its parts.
struct Item {
    std::string_view name, value, mode;

    explicit Item(std::string_view text) {
        const auto cut = [&](char separator) {
            const std::size_t at = std::min(text.find(separator), text.size());
            const std::string_view front = text.substr(0, at);
            text.remove_prefix(std::min(at + 1, text.size()));
            return front;
        };
        name = cut('=');
        value = cut(':');
        mode = text;
    }
};

template <class T>
T parse_amount(const Item& item, const char* rule, double most) {
    T amount{};
    const char* const end = item.value.data() + item.value.size();
    const auto [rest, error] = std::from_chars(item.value.data(), end, amount);
    const bool good =
        error == std::errc() && rest == end && amount > 0 && static_cast<double>(amount) <= most;
    TERN_CHECK(good, kWhere, item.name, " must be a ", rule, " and at most ", most, ", got ",
               item.value.empty() ? "nothing" : item.value);
    return amount;
}

std::string digits(double value) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

// One kind of change: how it is read, and written where it is done.
struct Kind {
    std::string_view name;
    void (*read)(Params& params, const Item& item);
    std::string (*value)(const Params& params);  // "" where it is not done
    bool has_mode = false;
};

void read_crop(Params& params, const Item& item) {
    params.crop_padding = parse_amount<std::int64_t>(item, "whole number of at least 1", 32767);
    if (item.mode.empty()) return;
    const auto border = std::ranges::find(kBorders, item.mode);
    TERN_CHECK(border != kBorders.end(), kWhere,
               "the border of crop must be one of black, edge, reflect, got ", item.mode);
    params.crop_border = static_cast<CropBorder>(border - kBorders.begin());
}

std::string crop_value(const Params& params) {
    if (params.crop_padding == 0) return {};
    const bool black = params.crop_border == CropBorder::black;
    return std::to_string(params.crop_padding) +
           (black ? "" : ':' + std::string(kBorders[static_cast<std::size_t>(params.crop_border)]));
}

void read_flip(Params& params, const Item& item) {
    TERN_CHECK(item.value.empty() || item.value == "random" || item.value == "alternate", kWhere,
               "flip must be one of random, alternate, got ", item.value);
    params.flip = true;
    params.alternate = item.value == "alternate";
}

std::string flip_value(const Params& params) {
    if (!params.flip) return {};
    return params.alternate ? "alternate" : "random";
}

template <double Params::*field, int kMost>
Kind amount(const char* name) {
    return {name,
            [](Params& params, const Item& item) {
                params.*field = parse_amount<double>(item, "number above 0", kMost / 2.0);
            },
            [](const Params& params) { return params.*field > 0 ? digits(params.*field) : std::string(); }};
}

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{
        {"crop", read_crop, crop_value, true},
        {"flip", read_flip, flip_value},
        amount<&Params::rotate, 360>("rotate"),
        {"cutout",
         [](Params& params, const Item& item) {
             params.cutout = parse_amount<std::int64_t>(item, "whole number of at least 1", 32767);
         },
         [](const Params& params) {
             return params.cutout > 0 ? std::to_string(params.cutout) : std::string();
         }},
        amount<&Params::sharpen, 20>("sharpen"),
        amount<&Params::brightness, 2>("brightness"),
        amount<&Params::contrast, 2>("contrast"),
        amount<&Params::saturation, 2>("saturation"),
        amount<&Params::hue, 1>("hue"),
        amount<&Params::mixup, 200>("mixup"),
        amount<&Params::cutmix, 200>("cutmix")};
    return all;
}

const Kind& kind_of(const Item& item) {
    const auto found = std::ranges::find(kinds(), item.name, &Kind::name);
    if (found != kinds().end()) return *found;
    std::string names;
    for (const Kind& kind : kinds()) names += (names.empty() ? "" : ", ") + std::string(kind.name);
    fail(kWhere, "must be none, crop-flip, or a list of ", names, ", got ",
         item.name.empty() ? "nothing" : item.name);
}

}  // namespace

Params parse_augmentation(std::string_view text) {
    if (text == "none") return {};
    if (text == "crop-flip") return kCropFlip;
    Params params;
    std::vector<std::string_view> given;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const Item item(text.substr(at, end - at));
        const Kind& kind = kind_of(item);
        TERN_CHECK(std::ranges::find(given, kind.name) == given.end(), kWhere, kind.name,
                   " is given twice, got ", text);
        TERN_CHECK(kind.has_mode || item.mode.empty(), kWhere, kind.name, " takes no mode, got ", item.mode);
        kind.read(params, item);
        given.push_back(kind.name);
        at = end + 1;
    }
    return params;
}

std::string augmentation_text(const Params& augmentation) {
    std::string text;
    for (const Kind& kind : kinds()) {
        const std::string value = kind.value(augmentation);
        if (value.empty()) continue;
        text += (text.empty() ? "" : ",") + std::string(kind.name);
        if (value != "random") text += '=' + value;
    }
    if (text.empty()) return "none";
    return text == "crop=4,flip" ? "crop-flip" : text;
}

}  // namespace tern
