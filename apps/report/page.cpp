#include <array>

#include "tern/apps/console.hpp"
#include "tern/apps/report/assets.hpp"
#include "tern/apps/report/report.hpp"

namespace tern::apps::report {
namespace {

// For the policy below, which takes the digest itself.
std::string script_digest() {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::array<std::byte, 32> digest{};
    TERN_ASSERT(kPageScriptSum.size() == 2 * digest.size());
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] =
            static_cast<std::byte>(digit(kPageScriptSum[2 * i]) * 16 + digit(kPageScriptSum[2 * i + 1]));
    return base64(digest);
}

// Nothing is loaded from anywhere, and no script runs but the page's own.
Html head(const Report& report) {
    Html html;
    html << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
            "http-equiv=\"Content-Security-Policy\" "
            "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-"
         << script_digest()
         << "'; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" "
            "content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" "
            "content=\"tern\">\n<link rel=\"icon\" "
            "href=\"data:,\">\n<title>"
         << report.title() << "</title>\n<style>";
    html.own(kPageStyle);
    html << "</style>\n<style>\n";
    // Ticks of the table hide runs without a script.
    for (std::size_t i = 0; i < report.runs.size(); ++i)
        html << "main:has(#show-" << i << ":not(:checked)) svg .run-" << i << " { display: none; }\n";
    html << "</style>\n</head>\n";
    return html;
}

// By what, where the weights are those of the best epoch.
std::string chosen(const Run& run, const TestedRun& tested) {
    const std::optional<std::int64_t> epoch = best_epoch(run.log);
    if (tested.weights != "best.safetensors" || !epoch) return "";
    return to_text(" (epoch ", *epoch, ", chosen on ",
                   run.log.validated ? "samples that were held out" : "these very tests", ')');
}

Html run_section(const ReportedRun& own, std::size_t index, std::size_t picture_budget) {
    const auto& [run, tested, batch] = own;
    const std::string id = to_text("run-", index);
    Html section;
    section << "<section class=\"run\">\n<h2 id=\"" << id << "\">Run " << run.name << "</h2>\n";
    if (tested.done())
        section << "<p><strong>" << percent(tested.scores.accuracy) << "</strong> of "
                << format_count(tested.samples) << " tests right, loss " << decimals(tested.loss, 4)
                << ", with the weights of <code>" << tested.weights << "</code>" << chosen(run, tested)
                << ", evaluated for this page on " << tested.data << ".</p>\n";
    else
        section << "<p>Left out are confusion matrix, classes, mistakes and calibration: " << tested.why_not
                << "</p>\n";
    section << "<div class=\"columns\">\n<div>\n"
            << confusion_part(tested, id) << "</div>\n<div>\n"
            << classes_part(tested) << "</div>\n</div>\n"
            << mistakes_part(tested, picture_budget) << batch_part(batch, picture_budget)
            << calibration_part(tested, id) << time_part(run) << command_part(run) << "</section>\n";
    return section;
}

std::string whole_page(const Report& report, std::size_t picture_budget) {
    Html html;
    html << head(report) << "<body>\n<main>\n<h1>" << report.title() << "</h1>\n"
         << verdict_section(report) << curves_section(report) << settings_section(report);
    for (std::size_t i = 0; i < report.runs.size(); ++i)
        html << run_section(report.runs[i], i, picture_budget);
    html << "</main>\n" << data_section(report) << "<script>";
    html.own(kPageScript) << "</script>\n</body>\n</html>\n";
    return html.str();
}

}  // namespace

std::string page(const Report& report, std::size_t limit) {
    const std::size_t without = whole_page(report, 0).size(), lists = 2 * report.runs.size();
    return whole_page(report, without < limit ? (limit - without) / lists : 0);
}

}  // namespace tern::apps::report
