// Curves of runs over their epochs, as SVG.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tern/apps/report/report.hpp"

namespace tern::apps::report {

/// A number of each epoch; of the second kind "held": the tests, or what is validated on.
struct Column {
    const char* key;  // as page.js finds it among the numbers
    bool held;
    std::optional<double> (*value)(const RunLog& log, const EpochLine& row);
};

/// A figure of one or two columns of every run.
struct Panel {
    const char *id, *title;
    std::string about;
    bool from_zero;
    std::string (*tick)(double value);
    std::vector<Column> columns;
};

/// Of the colours of page.css and page.js, which begin again after them.
inline constexpr std::size_t kColours = 8;

/// Training is dashed. Gaps where a number is none; a number alone is a point.
Html chart(const Report& report, const Panel& panel);

}  // namespace tern::apps::report
