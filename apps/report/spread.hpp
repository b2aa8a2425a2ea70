// Runs that repeat each other, and how far their results differ.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "tern/apps/config.hpp"

namespace tern::apps::report {

struct Spread {
    std::size_t count = 0;
    double mean = 0;
    std::optional<double> deviation;  // of the sample, over count - 1; none of fewer than two
};

Spread spread_of(const std::vector<double>& values);

/// Whether a setting may make a result another one; the seed, which does, is left out too.
bool decides_result(const std::string& setting);

/// Indices of the runs that are alike but for the seed and what decides no result (threads, what is kept and logged, how
/// gradients are sent), in the order of the first of each.
std::vector<std::vector<std::size_t>> repeated_runs(const std::vector<ConfigValues>& configs);

}  // namespace tern::apps::report
