#include "tern/apps/report/spread.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace tern::apps::report {
namespace {

// The preset is in the other settings. All but the seed change no bit of a result.
const std::set<std::string> kAsideFromResult{"seed",        "preset",      "threads",   "keep",
                                             "save_every",  "timeout",     "log_steps", "exchange",
                                             "bucket_size", "tensorboard", "workers"};

}  // namespace

Spread spread_of(const std::vector<double>& values) {
    if (values.empty()) return {};
    const auto count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    if (values.size() == 1) return {1, mean, {}};
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return {values.size(), mean, std::sqrt(squares / (count - 1))};
}

bool decides_result(const std::string& setting) { return !kAsideFromResult.contains(setting); }

std::vector<std::vector<std::size_t>> repeated_runs(const std::vector<ConfigValues>& configs) {
    std::vector<std::vector<std::size_t>> groups;
    std::map<ConfigValues, std::size_t> places;
    for (std::size_t i = 0; i < configs.size(); ++i) {
        ConfigValues alike = configs[i];
        std::erase_if(alike, [](const auto& setting) { return !decides_result(setting.first); });
        const auto [place, is_new] = places.emplace(alike, groups.size());
        if (is_new) groups.emplace_back();
        groups[place->second].push_back(i);
    }
    return groups;
}

}  // namespace tern::apps::report
