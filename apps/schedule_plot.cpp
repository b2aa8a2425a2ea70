#include "tern/apps/schedule_plot.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "tern/apps/console.hpp"
#include "tern/apps/ticks.hpp"
#include "tern/core/error.hpp"

namespace tern::apps {
namespace {

constexpr double kWidth = 760, kLeft = 84, kRight = 24, kTop = 48, kRates = 200, kGap = 44, kBatches = 64;
constexpr double kInner = kWidth - kLeft - kRight;
constexpr std::int64_t kMostPoints = 2 * static_cast<std::int64_t>(kInner);

constexpr const char* kStyle =
    "<style>text { font: 12px system-ui, sans-serif; fill: #555; } .title { font-weight: 600; fill: #222; } "
    ".ground { fill: #fff; } .grid { stroke: #ddd; } .line { fill: none; stroke: #3b6fb6; stroke-width: 2; "
    "stroke-linejoin: round; } @media (prefers-color-scheme: dark) { text { fill: #aaa; } .title { fill: "
    "#eee; } "
    ".ground { fill: #16181c; } .grid { stroke: #3a3d44; } .line { stroke: #7fabe8; } }</style>\n";

struct Point {
    double epoch, value;
};

std::string number(double value) { return formatted("%.4g", value); }

class Panel {
  public:
    Panel(double top, double depth, double epochs, double high)
        : top_(top), depth_(depth), epochs_(epochs), high_(high) {}

    double x(double epoch) const { return kLeft + kInner * epoch / epochs_; }
    double y(double value) const { return top_ + depth_ * (1 - value / high_); }

    std::string axis(const std::string& title, int most_ticks) const {
        std::string svg =
            formatted("<text class=\"title\" x=\"%g\" y=\"%g\">", kLeft, top_ - 14) + title + "</text>\n";
        const double step = tick_step(high_, most_ticks);
        for (int i = 0; i * step <= high_ * (1 + 1e-9); ++i)
            svg += formatted("<line class=\"grid\" x1=\"%g\" y1=\"%.1f\" x2=\"%g\" y2=\"%.1f\"/>", kLeft,
                             y(i * step), kLeft + kInner, y(i * step)) +
                   formatted("<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">", kLeft - 8, y(i * step) + 4) +
                   number(i * step) + "</text>\n";
        return svg;
    }

    std::string epochs() const {
        std::string svg;
        const double step = std::max(tick_step(epochs_, 10), epochs_ < 2 ? 0 : 1.0), bottom = top_ + depth_;
        for (int i = 0; i * step <= epochs_ * (1 + 1e-9); ++i)
            svg += formatted("<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">", x(i * step), bottom + 18) +
                   number(i * step) + "</text>\n";
        return svg + formatted("<text x=\"%g\" y=\"%g\" text-anchor=\"end\">epochs</text>\n", kLeft + kInner,
                               bottom + 34);
    }

    // Of points in a row with one value the first and the last.
    std::string line(const std::vector<Point>& points) const {
        std::string svg = "<polyline class=\"line\" points=\"";
        for (std::size_t i = 0; i < points.size(); ++i) {
            const double value = points[i].value;
            const bool between = i > 0 && i + 1 < points.size() && points[i - 1].value == value &&
                                 points[i + 1].value == value;
            if (!between) svg += formatted("%.1f,%.2f ", x(points[i].epoch), y(value));
        }
        svg.back() = '"';
        return svg + "/>\n";
    }

  private:
    double top_, depth_, epochs_, high_;
};

// A value of each step, or of as many as can be told apart.
std::vector<Point> curve(const RunLength& length, const std::function<double(std::int64_t step)>& value) {
    const std::int64_t count = std::min(length.steps(), kMostPoints);
    std::vector<Point> points;
    for (std::int64_t i = 0; i < count; ++i) {
        const double share = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1);
        const std::int64_t step = std::llround(share * static_cast<double>(length.steps() - 1));
        points.push_back({length.epochs_at(step), value(step)});
    }
    points.push_back({length.epochs(), points.back().value});
    return points;
}

double highest(const std::vector<Point>& points) { return std::ranges::max(points, {}, &Point::value).value; }

}  // namespace

std::string schedule_svg(const std::string& name, const Schedule& schedule, const RunLength& length) {
    const auto rates = curve(length, [&](std::int64_t step) { return schedule.learning_rate(step); });
    const auto sizes = curve(length, [&](std::int64_t step) {
        return static_cast<double>(length.batch_size(static_cast<std::int64_t>(length.epochs_at(step)) + 1));
    });
    const bool grows = sizes.front().value != sizes.back().value;
    const double height = kTop + kRates + kGap + (grows ? kGap + kBatches : 0);
    const std::string title =
        to_text("learning rate, ", name, ": ", number(length.epochs()), " epochs, ", length.steps(),
                " steps, highest ", number(highest(rates)), ", last ", number(rates.back().value));
    const Panel rate(kTop, kRates, length.epochs(), highest(rates) > 0 ? highest(rates) : 1);
    std::string svg =
        formatted(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"",
            kWidth, height) +
        title + "\">\n" + kStyle +
        formatted("<rect class=\"ground\" width=\"%g\" height=\"%g\"/>\n", kWidth, height) +
        rate.axis(title, 5) + rate.line(rates);
    if (!grows) return svg + rate.epochs() + "</svg>\n";
    const Panel size(kTop + kRates + kGap, kBatches, length.epochs(), highest(sizes));
    return svg + size.axis("batch size", 4) + size.line(sizes) + size.epochs() + "</svg>\n";
}

}  // namespace tern::apps
