#include <algorithm>
#include <numeric>

#include "tern/apps/console.hpp"
#include "tern/apps/report/pictures.hpp"
#include "tern/apps/report/report.hpp"

namespace tern::apps::report {
namespace {

// A table with a number in each cell is readable up to here; above it is a picture.
constexpr std::int64_t kMostCounted = 24;

// 0 for nothing, then 1 to 5 for shares of the row up to 5, 20, 40, 70 and 100 %: classes of page.css.
int shade_of(std::int64_t count, std::int64_t row_sum) {
    if (count == 0) return 0;
    const double share = static_cast<double>(count) / static_cast<double>(row_sum);
    int shade = 1;
    for (const double up_to : {0.05, 0.2, 0.4, 0.7}) shade += share > up_to ? 1 : 0;
    return shade;
}

std::int64_t sum_of_row(const TestedRun& tested, std::int64_t k) {
    return tested.scores.classes[static_cast<std::size_t>(k)].support;
}

const std::string& name_of_class(const TestedRun& tested, std::int64_t k) {
    return tested.classes[static_cast<std::size_t>(k)];
}

Html counts(const TestedRun& tested) {
    const std::int64_t classes = tested.confusion.dim(0);
    const std::int64_t* cell = tested.confusion.data<std::int64_t>();
    std::vector<Html> columns(1);
    columns.front() << "<span class=\"hidden\">label</span>";
    for (std::int64_t k = 0; k < classes; ++k) {
        Html column;
        column << "<span>" << name_of_class(tested, k) << "</span>";
        columns.push_back(column);
    }
    const Html caption(
        "Rows are labels, columns predictions; the stronger the colour, the larger the share of its row");
    Html table = begin_table_of("confusion", caption, columns);
    for (std::int64_t k = 0; k < classes; ++k) {
        table << "<tr><th scope=\"row\">" << name_of_class(tested, k) << "</th>";
        for (std::int64_t other = 0; other < classes; ++other, ++cell)
            table << "<td class=\"" << (other == k ? "right-" : "wrong-")
                  << shade_of(*cell, sum_of_row(tested, k)) << "\">" << *cell << "</td>";
        table << "</tr>\n";
    }
    table << end_table();
    return table;
}

// A pixel for each cell, white to blue on the diagonal, white to red elsewhere, by the root of its share of the row, so that
// single confusions are seen.
Tensor heat_map(const TestedRun& tested) {
    const std::int64_t classes = tested.confusion.dim(0);
    const Tensor image = Tensor::empty({classes, classes, 3}, DType::uint8);
    const std::int64_t* cell = tested.confusion.data<std::int64_t>();
    std::uint8_t* pixel = image.data<std::uint8_t>();
    constexpr int kRight[] = {0, 84, 140}, kWrong[] = {176, 42, 10};
    for (std::int64_t k = 0; k < classes; ++k)
        for (std::int64_t other = 0; other < classes; ++other, ++cell) {
            const std::int64_t sum = std::max<std::int64_t>(sum_of_row(tested, k), 1);
            const double share = std::sqrt(static_cast<double>(*cell) / static_cast<double>(sum));
            for (const int full : other == k ? kRight : kWrong)
                *pixel++ = static_cast<std::uint8_t>(std::lround(255 + share * (full - 255)));
        }
    return image;
}

Html most_confused(const TestedRun& tested) {
    constexpr std::size_t kRows = 20;
    const std::int64_t classes = tested.confusion.dim(0);
    const std::int64_t* cells = tested.confusion.data<std::int64_t>();
    std::vector<std::int64_t> wrong;
    for (std::int64_t i = 0; i < classes * classes; ++i)
        if (i / classes != i % classes && cells[i] > 0) wrong.push_back(i);
    std::ranges::stable_sort(wrong, std::ranges::greater(), [&](std::int64_t i) { return cells[i]; });
    if (wrong.size() > kRows) wrong.resize(kRows);
    Html table;
    table << begin_table("confused", Html("The classes that are most often taken for another"),
                         {"label", "prediction", "tests"});
    for (const std::int64_t i : wrong)
        table << "<tr><th scope=\"row\">" << name_of_class(tested, i / classes) << "</th><td class=\"word\">"
              << name_of_class(tested, i % classes) << "</td><td>" << cells[i] << "</td></tr>\n";
    table << end_table();
    return table;
}

}  // namespace

Html confusion_part(const TestedRun& tested, const std::string& id) {
    Html part;
    if (!tested.done()) return part;
    part << "<h3 id=\"" << id << "-confusion\">Confusion matrix</h3>\n";
    const std::int64_t classes = tested.confusion.dim(0);
    if (classes <= kMostCounted) {
        part << counts(tested);
        return part;
    }
    part << "<figure><img class=\"heat\" src=\"" << data_address(heat_map(tested), classes)
         << "\" alt=\"Confusion matrix of " << classes
         << " classes, a pixel for each pair; the table below has the largest\">\n"
         << "<figcaption>Rows are labels, columns predictions, " << classes
         << " of each in the order of the table of classes; blue is right, red is wrong, the stronger, the "
            "larger the share of its "
            "row.</figcaption></figure>\n"
         << most_confused(tested);
    return part;
}

}  // namespace tern::apps::report
