#include "tern/apps/report_tables.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "tern/apps/console.hpp"

namespace tern::apps {
namespace {

// Names come from files. Columns are aligned by bytes, so a name is cut to fit, between UTF-8's letters.
constexpr std::size_t kNameWidth = 16;
std::string shown(const std::string& name) {
    const std::string line = one_line(name);
    std::size_t end = std::min(line.size(), kNameWidth);
    const auto inside_letter = [&] { return (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U; };
    while (end > 0 && end < line.size() && inside_letter()) --end;
    return line.substr(0, end);
}

// Backgrounds of xterm's colour cube from pale to dark, for shares of the row up to 5, 20, 40, 60, 80 and 100
// %.
struct Shade {
    double up_to;
    int right, wrong;
};
constexpr std::array<Shade, 6> kShades{
    {{0.05, 194, 224}, {0.2, 157, 217}, {0.4, 114, 210}, {0.6, 71, 203}, {0.8, 34, 160}, {1.0, 28, 124}}};
constexpr int kFirstDark = 3;  // white digits from here on

std::string cell_text(std::int64_t count, std::int64_t row_sum, bool right, bool colour) {
    const std::string digits = formatted("%5lld", static_cast<long long>(count));
    if (!colour || count == 0) return ' ' + digits;
    const double share = static_cast<double>(count) / static_cast<double>(row_sum);
    const auto shade = std::ranges::find_if(kShades, [&](const Shade& s) { return share <= s.up_to; });
    const int ink = shade - kShades.begin() >= kFirstDark ? 15 : 16;
    return formatted(" \033[48;5;%d;38;5;%dm%s\033[0m", right ? shade->right : shade->wrong, ink,
                     digits.c_str());
}

}  // namespace

std::string scores_table(const ClassificationReport& report, const std::vector<std::string>& names) {
    std::string text = formatted("\n%-16s %9s %9s %9s %9s %9s %9s\n", "class", "precision", "recall", "F1",
                                 "samples", "predicted", "correct");
    bool any_absent = false;
    for (std::size_t k = 0; k < names.size(); ++k) {
        const ClassScores& scores = report.classes[k];
        any_absent |= scores.absent();
        text += formatted("%-16s %9.4f %9.4f %9.4f %9lld %9lld %9lld%s\n", shown(names[k]).c_str(),
                          scores.precision, scores.recall, scores.f1, static_cast<long long>(scores.support),
                          static_cast<long long>(scores.predicted), static_cast<long long>(scores.correct),
                          scores.absent() ? " (absent)" : "");
    }
    text += formatted("%-16s %9.4f %9.4f %9.4f\n", "macro", report.precision, report.recall, report.f1);
    if (any_absent) text += "absent: neither label nor prediction; left out of the macro means\n";
    return text;
}

std::string confusion_table(const Tensor& confusion, const std::vector<std::string>& names, bool colour) {
    const std::int64_t classes = confusion.dim(0);
    const std::int64_t* row = confusion.data<std::int64_t>();
    std::string text = formatted("\n%-16s predictions, classes in the order of the rows\n", "label");
    for (std::int64_t k = 0; k < classes; ++k, row += classes) {
        text += formatted("%-16s", shown(names[static_cast<std::size_t>(k)]).c_str());
        const std::int64_t sum = std::accumulate(row, row + classes, std::int64_t{0});
        for (std::int64_t other = 0; other < classes; ++other)
            text += cell_text(row[other], sum, other == k, colour);
        text += '\n';
    }
    return text;
}

}  // namespace tern::apps
