// The CIFAR-10 binary layout: files of samples, each a label byte and 3 x 32 x 32 bytes of planes.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tern/data/dataset.hpp"

namespace tern::cifar10 {

inline constexpr std::int64_t kImageBytes = std::int64_t{3} * 32 * 32;
inline constexpr std::int64_t kSampleBytes = 1 + kImageBytes;
/// Samples per file of the published set.
inline constexpr std::int64_t kPublishedSamples = 10000;
inline constexpr std::array kTrainFiles{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                        "data_batch_4.bin", "data_batch_5.bin"};
/// How far the count of the last training file may be from that of the others.
inline constexpr std::int64_t kMostFewer = 4, kMostMore = 5;
inline constexpr const char* kTestFile = "test_batch.bin";
inline constexpr const char* kClassesFile = "batches.meta.txt";
inline constexpr std::size_t kMostClasses = 256;  // a label is a byte

/// The published set's class names.
std::vector<std::string> published_classes();

/// Samples in a file of `bytes` bytes; throws Error that names `file` if it is empty or not a whole number of
/// them.
std::int64_t sample_count(const std::string& file, std::int64_t bytes);

struct SampleSize {
    std::int64_t bytes;
    std::int64_t other_bytes;  // of a sample of another set, whose files these are mixed up with
    const char* other_set;     // "of CIFAR-100, whose files are train.bin and test.bin"
};

/// The same for samples of that size.
std::int64_t sample_count(const std::string& file, std::int64_t bytes, const SampleSize& size);

/// An image as the files have it, red, green and blue planes of 32 x 32, to one of pixels (32, 32, 3).
void planes_to_pixels(const std::byte* planes, std::uint8_t* pixels);
/// The other way.
void pixels_to_planes(const std::uint8_t* pixels, std::byte* planes);

/// Splits the bytes of a file into samples (N, 32, 32, 3) and labels (N), made by the caller. Throws Error
/// that names `file` and the sample if a label is not below the number of classes.
void decode(const std::string& file, std::span<const std::byte> bytes, const Dataset& into);

/// The other way: the bytes of a file that holds the samples.
std::vector<std::byte> encode(const Dataset& set);

}  // namespace tern::cifar10
