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
inline constexpr std::int64_t kLargestClassesFile = 1 << 16;  // 256 names of 256 letters

/// The published set's class names.
std::vector<std::string> published_classes();

/// Samples in a file of `bytes` bytes; throws Error that names `file` if it is empty or not a whole number of
/// them.
std::int64_t sample_count(const std::string& file, std::int64_t bytes);

/// Splits the bytes of a file into images (N, 3, 32, 32) and labels (N), given by the caller. Throws Error
/// that names `file` and the sample if a label is not below `classes`.
void decode(const std::string& file, std::span<const std::byte> bytes, std::int64_t classes,
            const Tensor& images, const Tensor& labels);

/// The other way: the bytes of a file that holds the samples.
std::vector<std::byte> encode(const Tensor& images, const Tensor& labels);

/// Whether a line is UTF-8 without control characters, not empty, with no byte order mark before it and no
/// blank after it: fit for terminals and JSON, and read as it was written.
bool is_class_name(const std::string& line);

/// Names of the classes from the text of batches.meta.txt: one a line; throws Error that names `file` where
/// there is none, more than 256, or one is empty, not printable, not UTF-8 or there twice. A byte order mark,
/// line ends of Windows and blanks at the end of a line belong to no name.
std::vector<std::string> parse_classes(const std::string& file, const std::string& text);

}  // namespace tern::cifar10
