// Runs that repeat each other, and what they came to together.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tern/apps/report/report.hpp"
#include "tern/apps/report/spread.hpp"

namespace tern::apps::report {

/// Indices of runs.
using Group = std::vector<std::size_t>;

std::string joined(const std::vector<std::string>& words, const char* between = ", ");

/// Each of value(run) once, in the order of the runs, without "".
template <class Value>
std::vector<std::string> values_of(const Report& report, const Group& group, const Value& value) {
    std::vector<std::string> values;
    for (const std::size_t i : group) {
        const std::string one = value(report.runs[i]);
        if (!one.empty() && std::ranges::find(values, one) == values.end()) values.push_back(one);
    }
    return values;
}

/// The values of a setting, each once.
std::string setting_of(const Report& report, const Group& group, const std::string& key);

/// Accuracy on the tests of the runs that are at their end: as they logged it; of runs of steps, which log none, as the report
/// measured it.
Spread accuracy_of(const Report& report, const Group& group);
/// Of the epochs that were the best on the tests, where these chose them.
Spread flattered_accuracy_of(const Report& report, const Group& group);

/// "64.49 ± 0.98 %", or a dash for none.
std::string in_words(const Spread& spread);
/// What that number is of.
std::string how_many(const Report& report, const Group& group);

/// A row for each group, with the settings that tell it from the others.
Html comparison(const Report& report, const std::vector<Group>& groups);

}  // namespace tern::apps::report
