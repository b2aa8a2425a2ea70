#include "tern/data/cifar10_format.hpp"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "tern/core/files/file_kind.hpp"
#include "tern/core/files/utf8.hpp"

namespace tern::cifar10 {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

std::vector<std::string> published_classes() {
    return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
}

std::int64_t sample_count(const std::string& file, std::int64_t bytes) {
    TERN_CHECK(bytes > 0, file, "is empty, expected samples of ", kSampleBytes, " bytes");
    TERN_CHECK(bytes % kSampleBytes == 0, file, "has ", bytes, " bytes = ", bytes / kSampleBytes, " x ",
               kSampleBytes, " + ", bytes % kSampleBytes, ", expected a multiple of the ", kSampleBytes,
               " bytes of a sample",
               bytes % (kSampleBytes + 1) == 0
                   ? "; it may be a file of CIFAR-100, whose samples have two labels"
                   : "");
    return bytes / kSampleBytes;
}

void decode(const std::string& file, std::span<const std::byte> bytes, std::int64_t classes,
            const Tensor& images, const Tensor& labels) {
    const std::int64_t count = sample_count(file, static_cast<std::int64_t>(bytes.size()));
    TERN_ASSERT((images.shape() == Shape{count, 3, 32, 32}) && labels.shape() == Shape{count});
    for (std::int64_t sample = 0; sample < count; ++sample) {
        const std::byte* from = bytes.data() + sample * kSampleBytes;
        const auto label = static_cast<std::int32_t>(*from);
        TERN_CHECK(label < classes, file, "sample ", sample, " has label ", label, ", expected 0 to ",
                   classes - 1);
        labels.data<std::int32_t>()[sample] = label;
        std::memcpy(images.data<std::uint8_t>() + sample * kImageBytes, from + 1, kImageBytes);
    }
}

std::vector<std::byte> encode(const Tensor& images, const Tensor& labels) {
    const std::int64_t count = labels.numel();
    TERN_ASSERT((images.shape() == Shape{count, 3, 32, 32}));
    std::vector<std::byte> bytes(static_cast<std::size_t>(count * kSampleBytes));
    for (std::int64_t sample = 0; sample < count; ++sample) {
        std::byte* to = bytes.data() + sample * kSampleBytes;
        *to = static_cast<std::byte>(labels.data<std::int32_t>()[sample]);
        std::memcpy(to + 1, images.data<std::uint8_t>() + sample * kImageBytes, kImageBytes);
    }
    return bytes;
}

bool is_class_name(const std::string& line) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    return !line.empty() && !line.starts_with(kByteOrderMark) && line.back() != ' ' &&
           std::ranges::none_of(line, is_control) && is_utf8(line);
}

std::vector<std::string> parse_classes(const std::string& file, const std::string& text) {
    TERN_CHECK(!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF"), file,
               mistaken_kind(FileKind::utf16, "names of classes"));
    std::vector<std::string> classes;
    std::istringstream lines(text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text);
    for (std::string line; std::getline(lines, line);)
        classes.push_back(line.substr(0, line.find_last_not_of(" \t\r") + 1));
    while (!classes.empty() && classes.back().empty())
        classes.pop_back();  // the published file ends with one
    TERN_CHECK(!classes.empty() && classes.size() <= 256, file, "names ", classes.size(),
               " classes, expected 1 to 256");
    for (std::size_t i = 0; i < classes.size(); ++i) {
        TERN_CHECK(is_class_name(classes[i]), file, "line ", i + 1,
                   " is not a printable class name in UTF-8");
        const auto first = std::ranges::find(classes, classes[i]) - classes.begin();
        TERN_CHECK(static_cast<std::size_t>(first) == i, file, "line ", i + 1, " names ", classes[i],
                   " again, as line ", first + 1);
    }
    return classes;
}

}  // namespace tern::cifar10
