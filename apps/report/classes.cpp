#include "tern/apps/console.hpp"
#include "tern/apps/report/report.hpp"

namespace tern::apps::report {
namespace {

// A bar as long as the number is large, behind it.
Html bar_cell(double share) {
    Html cell;
    cell << "<td class=\"bar\" style=\"--share:" << formatted("%.4f", share) << "\">"
         << formatted("%.3f", share) << "</td>";
    return cell;
}

}  // namespace

Html classes_part(const TestedRun& tested) {
    Html part;
    if (!tested.done()) return part;
    const ClassificationReport& scores = tested.scores;
    bool any_absent = false;
    part << "<h3>Classes</h3>\n"
         << begin_table("classes",
                        Html(to_text("Precision, recall and F1 of each class, ", format_count(tested.samples),
                                     " tests")),
                        {"class", "precision", "recall", "F1", "tests", "predicted", "right"});
    for (std::size_t k = 0; k < tested.classes.size(); ++k) {
        const ClassScores& own = scores.classes[k];
        any_absent |= own.absent();
        part << "<tr><th scope=\"row\">" << tested.classes[k] << (own.absent() ? " (absent)" : "") << "</th>"
             << bar_cell(own.precision) << bar_cell(own.recall) << bar_cell(own.f1) << "<td>" << own.support
             << "</td><td>" << own.predicted << "</td><td>" << own.correct << "</td></tr>\n";
    }
    part << "</tbody>\n<tfoot><tr><th scope=\"row\">mean</th>" << bar_cell(scores.precision)
         << bar_cell(scores.recall) << bar_cell(scores.f1)
         << "<td></td><td></td><td></td></tr></tfoot>\n</table></div>\n";
    if (any_absent)
        part << "<p class=\"small\">Absent: neither label nor prediction; left out of the means.</p>\n";
    return part;
}

}  // namespace tern::apps::report
