#include "tern/apps/report/chart.hpp"

#include <algorithm>
#include <cmath>

#include "tern/apps/console.hpp"
#include "tern/apps/ticks.hpp"

namespace tern::apps::report {
namespace {

constexpr double kWidth = 440, kHeight = 260, kLeft = 60, kRight = 14, kTop = 12, kBottom = 40;
constexpr double kInner = kWidth - kLeft - kRight, kDepth = kHeight - kTop - kBottom;

std::string plain(double value) { return formatted("%.4g", value); }

struct Range {
    double low = 0, high = 0;
    bool any = false;

    void add(double value) {
        low = any ? std::min(low, value) : value;
        high = any ? std::max(high, value) : value;
        any = true;
    }
};

std::int64_t last_epoch(const Report& report) {
    std::int64_t last = 1;
    for (const ReportedRun& own : report.runs)
        if (!own.run.log.epochs.empty()) last = std::max(last, own.run.log.epochs.back().epoch);
    return last;
}

// Epoch 1 stands at the left border.
struct Frame {
    std::int64_t epochs;
    Ticks ticks;

    double x(std::int64_t epoch) const {
        return epochs == 1
                   ? kLeft + kInner / 2
                   : kLeft + kInner * static_cast<double>(epoch - 1) / static_cast<double>(epochs - 1);
    }
    double y(double value) const {
        return kTop + kDepth * (1 - (value - ticks.low) / (ticks.high - ticks.low));
    }
};

Html axes(const Panel& panel, const Frame& frame) {
    Html svg;
    for (int i = 0; i <= frame.ticks.count(); ++i) {
        const double value = std::abs(frame.ticks.at(i)) < frame.ticks.step / 1e6 ? 0 : frame.ticks.at(i);
        svg << "<line class=\"grid\" x1=\"" << plain(kLeft) << "\" x2=\"" << plain(kLeft + kInner)
            << "\" y1=\"" << formatted("%.1f", frame.y(value)) << "\" y2=\""
            << formatted("%.1f", frame.y(value)) << "\"/>"
            << "<text class=\"tick\" text-anchor=\"end\" x=\"" << plain(kLeft - 7) << "\" y=\""
            << formatted("%.1f", frame.y(value) + 4) << "\">" << panel.tick(value) << "</text>\n";
    }
    const auto step = static_cast<std::int64_t>(
        std::max(1.0, tick_step(std::max<double>(static_cast<double>(frame.epochs - 1), 1), 8)));
    // 1, 3, 5; but 1, 5, 10.
    for (std::int64_t epoch = 1; epoch <= frame.epochs; epoch = epoch == 1 && step > 2 ? step : epoch + step)
        svg << "<text class=\"tick\" text-anchor=\"middle\" x=\"" << formatted("%.1f", frame.x(epoch))
            << "\" y=\"" << plain(kTop + kDepth + 17) << "\">" << epoch << "</text>\n";
    svg << "<text class=\"tick\" text-anchor=\"end\" x=\"" << plain(kLeft + kInner) << "\" y=\""
        << plain(kHeight - 6) << "\">epoch</text>\n";
    return svg;
}

// A line where two epochs in a row have a number, and a point where one is alone.
Html curve(const Run& run, std::size_t index, const Column& column, const Frame& frame) {
    Html svg;
    std::string points;
    int count = 0;
    const auto finish = [&] {
        if (count == 0) return;
        if (count == 1) {
            const std::size_t comma = points.find(',');
            svg << "<circle class=\"line\" r=\"3.5\" cx=\"" << points.substr(0, comma) << "\" cy=\""
                << points.substr(comma + 1) << "\"/>";
        } else {
            svg << "<polyline class=\"line\" points=\"" << points << "\"/>";
        }
        points.clear();
        count = 0;
    };
    for (const EpochLine& row : run.log.epochs) {
        const std::optional<double> value = column.value(run.log, row);
        if (!value) {
            finish();
            continue;
        }
        points += formatted("%s%.1f,%.1f", count == 0 ? "" : " ", frame.x(row.epoch), frame.y(*value));
        ++count;
    }
    finish();
    if (svg.empty()) return {};
    Html group;
    group << "<g class=\"run-" << index << " colour-" << index % kColours << (column.held ? "" : " training")
          << "\">" << svg << "</g>\n";
    return group;
}

}  // namespace

Html chart(const Report& report, const Panel& panel) {
    Range range;
    if (panel.from_zero) range.add(0);
    for (const ReportedRun& own : report.runs)
        for (const EpochLine& row : own.run.log.epochs)
            for (const Column& column : panel.columns)
                if (const auto value = column.value(own.run.log, row)) range.add(*value);
    const Frame frame{last_epoch(report), ticks_around(range.low, range.high, 5)};
    Html svg;
    svg << "<figure class=\"chart\">\n<figcaption id=\"" << panel.id << "-title\"><strong>" << panel.title
        << "</strong> " << panel.about << "</figcaption>\n<svg viewBox=\"0 0 " << plain(kWidth) << " "
        << plain(kHeight) << "\" role=\"img\" aria-labelledby=\"" << panel.id
        << "-title\" tabindex=\"0\" data-left=\"" << plain(kLeft) << "\" data-inner=\"" << plain(kInner)
        << "\" data-top=\"" << plain(kTop) << "\" data-depth=\"" << plain(kDepth) << "\" data-low=\""
        << formatted("%.9g", frame.ticks.low) << "\" data-high=\"" << formatted("%.9g", frame.ticks.high)
        << "\" data-columns=\"";
    for (const Column& column : panel.columns)
        svg << (&column == &panel.columns.front() ? "" : " ") << column.key;
    svg << "\">\n<title>" << panel.title << " over the epochs of " << counted(report.runs.size(), "run")
        << "</title>\n"
        << axes(panel, frame);
    for (std::size_t i = 0; i < report.runs.size(); ++i)
        for (const Column& column : panel.columns) svg << curve(report.runs[i].run, i, column, frame);
    svg << "<line class=\"cursor\" y1=\"" << plain(kTop) << "\" y2=\"" << plain(kTop + kDepth)
        << "\"/>\n</svg>\n</figure>\n";
    return svg;
}

}  // namespace tern::apps::report
