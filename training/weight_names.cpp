#include "tern/training/weight_names.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace tern {
namespace {

using Parts = std::vector<std::string>;  // of a dotted name

constexpr std::array<std::string_view, 4> kWrappers{"module", "_orig_mod", "_fsdp_wrapped_module",
                                                    "_checkpoint_wrapped_module"};

Parts split(const std::string& name) {
    Parts parts(1);
    for (const char c : name) {
        if (c == '.')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

std::string joined_from(const Parts& parts, std::size_t first) {
    std::string name;
    for (std::size_t i = first; i < parts.size(); ++i) name += (i == first ? "" : ".") + parts[i];
    return name;
}

Parts unwrapped(Parts parts) {
    std::erase_if(
        parts, [](const std::string& part) { return std::ranges::find(kWrappers, part) != kWrappers.end(); });
    return parts;
}

// How many parts all names have in common at their beginning; each keeps one at least.
std::size_t common_parts(const std::vector<Parts>& names) {
    std::size_t common = names.empty() || names[0].empty() ? 0 : names[0].size() - 1;
    for (const Parts& name : names) {
        const auto [end, other] = std::ranges::mismatch(names[0], name);
        common = std::min(
            {common, static_cast<std::size_t>(end - names[0].begin()), name.empty() ? 0 : name.size() - 1});
    }
    return common;
}

}  // namespace

NamedTensors with_names_of(const NamedTensors& wanted, NamedTensors tensors) {
    std::set<std::string> own;
    for (const NamedTensor& named : wanted) own.insert(named.name);
    const auto fitting = [&own](const std::vector<std::string>& names) {
        const std::set<std::string> distinct(names.begin(), names.end());
        return std::ranges::count_if(distinct,
                                     [&own](const std::string& name) { return own.contains(name); });
    };
    std::vector<Parts> plain;
    std::vector<std::string> best;
    for (const NamedTensor& named : tensors) {
        best.push_back(named.name);
        plain.push_back(unwrapped(split(named.name)));
    }
    for (std::size_t first = 0; first <= common_parts(plain); ++first) {
        std::vector<std::string> names;
        for (const Parts& parts : plain) names.push_back(joined_from(parts, first));
        if (fitting(names) > fitting(best)) best = std::move(names);
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i].name = best[i];
    return tensors;
}

}  // namespace tern
