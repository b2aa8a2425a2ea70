#include "tern/core/format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>

namespace tern {
namespace {

constexpr int kPrecision = 8;
constexpr std::int64_t kThreshold = 1000, kEdge = 3;
constexpr std::size_t kLine = 75;

// A number as digits before and after the point, and an exponent where there is one.
struct Digits {
    std::string whole, fraction, exponent;
};

Digits split(const std::string& text) {
    Digits digits;
    const std::size_t e = text.find('e'), point = text.find('.');
    const std::string mantissa = text.substr(0, e);
    digits.whole = mantissa.substr(0, point);
    if (point != std::string::npos) digits.fraction = mantissa.substr(point + 1);
    while (!digits.fraction.empty() && digits.fraction.back() == '0') digits.fraction.pop_back();
    if (e != std::string::npos) digits.exponent = text.substr(e);
    return digits;
}

// The shortest digits that read back as the number, or so many after the point.
template <class Real, class... Precision>
Digits digits_of(Real value, std::chars_format how, Precision... precision) {
    std::array<char, 512> buffer;
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, how, precision...).ptr;
    return split(std::string(buffer.data(), end));
}

// As Python prints a float.
template <class Real>
std::string text_of_one(Real value) {
    if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    const auto size = std::fabs(static_cast<double>(value));
    const bool fixed = size == 0 || (size >= 1e-4 && size < 1e16);
    const Digits digits = digits_of(value, fixed ? std::chars_format::fixed : std::chars_format::scientific);
    if (fixed) return digits.whole + '.' + (digits.fraction.empty() ? "0" : digits.fraction);
    return digits.whole + (digits.fraction.empty() ? "" : '.' + digits.fraction) + digits.exponent;
}
std::string text_of_one(std::int64_t value) { return std::to_string(value); }

// Texts of equal width for elements, of which `sample` are the ones that will be shown.
template <class Real>
std::vector<std::string> aligned(const std::vector<Real>& sample) {
    double largest = 0, smallest = INFINITY;
    for (const Real value : sample) {
        const double size = std::fabs(static_cast<double>(value));
        if (!std::isfinite(size) || size == 0) continue;
        largest = std::max(largest, size);
        smallest = std::min(smallest, size);
    }
    const bool with_exponent =
        largest >= 1e8 || (largest > 0 && (smallest < 1e-4 || largest / smallest > 1000));
    const auto how = with_exponent ? std::chars_format::scientific : std::chars_format::fixed;
    const auto limited = [how](Real value) {
        const Digits shortest = digits_of(value, how);
        return shortest.fraction.size() <= kPrecision ? shortest : digits_of(value, how, kPrecision);
    };
    std::size_t left = 0, right = 0, exponent = 0;
    for (const Real value : sample) {
        if (!std::isfinite(value)) continue;
        const Digits digits = limited(value);
        left = std::max(left, digits.whole.size());
        right = std::max(right, digits.fraction.size());
        exponent = std::max(exponent, digits.exponent.size());
    }
    std::size_t width = 0;
    std::vector<std::string> texts;
    for (const Real value : sample) {
        std::string text = text_of_one(value);
        if (std::isfinite(value)) {
            // Behind an exponent columns are filled with digits, else with spaces
            Digits digits = with_exponent ? digits_of(value, how, static_cast<int>(right)) : limited(value);
            digits.fraction.resize(right, with_exponent ? '0' : ' ');
            if (with_exponent) digits.exponent.insert(2, exponent - digits.exponent.size(), '0');
            text = std::string(left - digits.whole.size(), ' ') + digits.whole + '.' + digits.fraction +
                   digits.exponent;
        }
        width = std::max(width, text.size());
        texts.push_back(text);
    }
    for (std::string& text : texts) text.insert(0, width - text.size(), ' ');
    return texts;
}

std::vector<std::string> aligned(const std::vector<std::int64_t>& sample) {
    std::vector<std::string> texts;
    std::size_t width = 0;
    for (const std::int64_t value : sample) {
        texts.push_back(std::to_string(value));
        width = std::max(width, texts.back().size());
    }
    for (std::string& text : texts) text.insert(0, width - text.size(), ' ');
    return texts;
}

// The shape and which of its elements are shown.
class Layout {
  public:
    explicit Layout(const Shape& shape) : shape_(shape), cut_(shape.numel() > kThreshold) {}

    bool is_cut(int d) const { return cut_ && shape_[d] > 2 * kEdge; }
    // Calls shown(index) along dimension d, and gap() where elements are left out.
    template <class Shown, class Gap>
    void for_each(int d, Shown shown, Gap gap) const {
        for (std::int64_t i = 0; i < shape_[d]; ++i) {
            if (is_cut(d) && i == kEdge) {
                gap();
                i = shape_[d] - kEdge;
            }
            shown(i);
        }
    }
    // Calls visit(element) in the order of the text.
    void for_each_element(int d, std::int64_t first, const std::function<void(std::int64_t)>& visit) const {
        if (d == shape_.rank()) return visit(first);
        for_each(
            d, [&](std::int64_t i) { for_each_element(d + 1, first * shape_[d] + i, visit); }, [] {});
    }

    // The text of `texts`, in the order of for_each_element(), each behind a bracket for each dimension.
    std::string text(const std::vector<std::string>& texts) const {
        std::size_t next = 0;
        return block(0, texts, next);
    }

  private:
    std::string block(int d, const std::vector<std::string>& texts, std::size_t& next) const {
        const std::string indent(static_cast<std::size_t>(d) + 1, ' ');
        if (d + 1 == shape_.rank()) return row(d, indent, texts, next);
        std::string result = "[";
        const std::string between =
            std::string(static_cast<std::size_t>(shape_.rank() - d - 1), '\n') + indent;
        const auto add = [&](const std::string& item) {
            if (result.size() > 1) result += between;
            result += item;
        };
        for_each(
            d, [&](std::int64_t) { add(block(d + 1, texts, next)); }, [&] { add("..."); });
        return result + ']';
    }
    std::string row(int d, const std::string& indent, const std::vector<std::string>& texts,
                    std::size_t& next) const {
        std::string result, line = indent;
        const auto add = [&](const std::string& item) {
            // The brackets that close this row belong to the line of its last element.
            if (line.size() > indent.size() && line.size() + item.size() + indent.size() > kLine) {
                while (line.back() == ' ') line.pop_back();
                result += line + '\n';
                line = indent;
            }
            line += item + ' ';
        };
        for_each(
            d, [&](std::int64_t) { add(texts[next++]); }, [&] { add("..."); });
        if (line.size() > indent.size()) line.pop_back();
        result += line;
        return '[' + result.substr(indent.size()) + ']';
    }

    Shape shape_;
    bool cut_;
};

}  // namespace

std::string to_string(const Tensor& tensor) {
    const Tensor host = tensor.to(Device::cpu());
    const Layout layout(host.shape());
    return visit_any(host.dtype(), [&]<class T>() {
        using Shown = std::conditional_t<std::is_integral_v<T>, std::int64_t, Compute<T>>;
        std::vector<Shown> sample;
        if (host.numel() > 0)
            layout.for_each_element(
                0, 0, [&](std::int64_t i) { sample.push_back(static_cast<Shown>(host.data<T>()[i])); });
        if (host.numel() == 0) return std::string("[]");
        return host.rank() == 0 ? text_of_one(sample[0]) : layout.text(aligned(sample));
    });
}

}  // namespace tern
