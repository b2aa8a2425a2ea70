#include <algorithm>

#include "tern/apps/console.hpp"
#include "tern/apps/report/report.hpp"

namespace tern::apps::report {
namespace {

constexpr double kSide = 240, kLeft = 52, kTop = 10, kShares = 56, kGap = 14;

double x(double confidence) { return kLeft + kSide * confidence; }
double y(double accuracy) { return kTop + kSide * (1 - accuracy); }

std::string digits(double value) { return formatted("%.1f", value); }

Html axes() {
    Html svg;
    for (const int tick : {0, 20, 40, 60, 80, 100}) {
        const double share = tick / 100.0;
        svg << "<line class=\"grid\" x1=\"" << digits(x(0)) << "\" x2=\"" << digits(x(1)) << "\" y1=\""
            << digits(y(share)) << "\" y2=\"" << digits(y(share))
            << "\"/><text class=\"tick\" text-anchor=\"end\" x=\"" << digits(x(0) - 7) << "\" y=\""
            << digits(y(share) + 4) << "\">" << tick
            << " %</text><text class=\"tick\" text-anchor=\"middle\" x=\"" << digits(x(share)) << "\" y=\""
            << digits(y(0) + kGap + kShares + 17) << "\">" << tick << "</text>\n";
    }
    return svg;
}

Html rectangle(const char* kind, double left, double top, double width, double height) {
    Html svg;
    svg << "<rect class=\"" << std::string(kind) << "\" x=\"" << digits(left) << "\" y=\"" << digits(top)
        << "\" width=\"" << digits(width) << "\" height=\"" << digits(height) << "\"/>";
    return svg;
}

// What is right of each bin, and below it how many samples are in it.
Html bars(const Calibration& calibration) {
    Html svg;
    std::int64_t most = 0;
    for (const Calibration::Bin& bin : calibration.bins()) most = std::max(most, bin.samples);
    constexpr double kWidth = kSide / Calibration::kBins;
    const double base = y(0) + kGap + kShares;
    for (std::size_t i = 0; i < calibration.bins().size(); ++i) {
        const Calibration::Bin& bin = calibration.bins()[i];
        if (bin.samples == 0) continue;
        const double left = kLeft + kWidth * static_cast<double>(i);
        const double share = static_cast<double>(bin.samples) / static_cast<double>(most);
        svg << "<g>"
            << rectangle("accuracy-bar", left + 1, y(bin.accuracy()), kWidth - 2, kSide * bin.accuracy())
            << rectangle("share-bar", left + 1, base - kShares * share, kWidth - 2, kShares * share)
            << "<title>" << format_count(bin.samples) << " tests with a confidence of "
            << percent(bin.confidence()) << " in the mean, " << percent(bin.accuracy())
            << " of them right</title></g>\n";
    }
    return svg;
}

}  // namespace

Html calibration_part(const TestedRun& tested, const std::string& id) {
    Html part;
    if (!tested.done()) return part;
    const double width = kLeft + kSide + 12, height = kTop + kSide + kGap + kShares + 38;
    part << "<h3 id=\"" << id
         << "-calibration\">Calibration</h3>\n<figure class=\"square\">\n<svg viewBox=\"0 0 " << digits(width)
         << " " << digits(height) << "\" role=\"img\" aria-labelledby=\"" << id
         << "-calibration-about\">\n<title>Accuracy by confidence</title>\n"
         << axes() << bars(tested.calibration) << "<line class=\"diagonal\" x1=\"" << digits(x(0))
         << "\" y1=\"" << digits(y(0)) << "\" x2=\"" << digits(x(1)) << "\" y2=\"" << digits(y(1))
         << "\"/>\n<text class=\"tick\" text-anchor=\"end\" x=\"" << digits(x(1)) << "\" y=\""
         << digits(height - 4) << "\">confidence, %</text>\n</svg>\n<figcaption id=\"" << id
         << "-calibration-about\"><p>Accuracy of the tests in each bin of confidence, the largest "
            "probability; the line is where both "
            "agree. Below: how many tests each bin has.</p>\n<p>Expected calibration error <strong>"
         << percent(tested.calibration.error())
         << "</strong>: how far confidence is from accuracy, in the mean over the "
            "tests.</p></figcaption>\n</figure>\n";
    return part;
}

}  // namespace tern::apps::report
