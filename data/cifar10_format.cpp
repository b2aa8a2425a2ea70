#include "tern/data/cifar10_format.hpp"

#include "tern/core/error.hpp"

namespace tern::cifar10 {
namespace {

constexpr std::int64_t kPixels = kImageBytes / 3;

}  // namespace

void planes_to_pixels(const std::byte* planes, std::uint8_t* pixels) {
    for (std::int64_t i = 0; i < kPixels; ++i)
        for (std::int64_t c = 0; c < 3; ++c)
            *pixels++ = std::to_integer<std::uint8_t>(planes[c * kPixels + i]);
}

void pixels_to_planes(const std::uint8_t* pixels, std::byte* planes) {
    for (std::int64_t i = 0; i < kPixels; ++i)
        for (std::int64_t c = 0; c < 3; ++c) planes[c * kPixels + i] = static_cast<std::byte>(*pixels++);
}

std::vector<std::string> published_classes() {
    return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
}

std::int64_t sample_count(const std::string& file, std::int64_t bytes) {
    return sample_count(
        file, bytes,
        {kSampleBytes, kSampleBytes + 1, "of CIFAR-100, whose files are train.bin and test.bin"});
}

std::int64_t sample_count(const std::string& file, std::int64_t bytes, const SampleSize& size) {
    TERN_CHECK(bytes > 0, file, "is empty, expected samples of ", size.bytes, " bytes");
    TERN_CHECK(bytes % size.bytes == 0, file, "has ", bytes, " bytes = ", bytes / size.bytes, " x ",
               size.bytes, " + ", bytes % size.bytes, ", expected a multiple of the ", size.bytes,
               " bytes of a sample",
               bytes % size.other_bytes == 0 ? to_text("; it may be ", size.other_set) : "");
    return bytes / size.bytes;
}

void decode(const std::string& file, std::span<const std::byte> bytes, const Dataset& into) {
    const std::int64_t count = sample_count(file, static_cast<std::int64_t>(bytes.size()));
    TERN_ASSERT((into.samples.shape() == Shape{count, 32, 32, 3}) && into.targets.shape() == Shape{count});
    const std::int64_t classes = into.class_count();
    for (std::int64_t sample = 0; sample < count; ++sample) {
        const std::byte* from = bytes.data() + sample * kSampleBytes;
        const auto label = static_cast<std::int32_t>(*from);
        TERN_CHECK(label < classes, file, "sample ", sample, " has label ", label, ", expected 0 to ",
                   classes - 1);
        into.targets.data<std::int32_t>()[sample] = label;
        planes_to_pixels(from + 1, into.samples.data<std::uint8_t>() + sample * kImageBytes);
    }
}

std::vector<std::byte> encode(const Dataset& set) {
    TERN_ASSERT((set.sample_shape() == Shape{32, 32, 3}));
    std::vector<std::byte> bytes(static_cast<std::size_t>(set.size() * kSampleBytes));
    for (std::int64_t sample = 0; sample < set.size(); ++sample) {
        std::byte* to = bytes.data() + sample * kSampleBytes;
        *to = static_cast<std::byte>(set.targets.data<std::int32_t>()[sample]);
        pixels_to_planes(set.samples.data<std::uint8_t>() + sample * kImageBytes, to + 1);
    }
    return bytes;
}

}  // namespace tern::cifar10
