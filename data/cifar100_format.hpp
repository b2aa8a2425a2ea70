// The CIFAR-100 binary layout: files of samples, each two label bytes and 3 x 32 x 32 bytes of planes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tern/data/cifar10_format.hpp"
#include "tern/data/dataset_format.hpp"

namespace tern::cifar100 {

inline constexpr std::int64_t kSampleBytes = 2 + cifar10::kImageBytes;
inline constexpr const char* kTrainFile = "train.bin";
inline constexpr const char* kTestFile = "test.bin";

/// One of a sample's two labels.
struct LabelColumn {
    std::string_view name;
    std::int64_t byte;         // of the sample
    std::int64_t classes;      // labels are below it
    const char* classes_file;  // a name a line
};
inline constexpr LabelColumn kCoarse{"coarse", 0, 20, "coarse_label_names.txt"};
inline constexpr LabelColumn kFine{"fine", 1, 100, "fine_label_names.txt"};
constexpr const LabelColumn& column_of(LabelKind labels) {
    return labels == LabelKind::fine ? kFine : kCoarse;
}

/// The published set's class names.
std::vector<std::string> published_classes(LabelKind labels);

/// Samples in a file of `bytes` bytes; throws Error that names `file` if it is empty or not a whole number of
/// them.
std::int64_t sample_count(const std::string& file, std::int64_t bytes);

/// Splits the bytes of a file into samples (N, 32, 32, 3) and labels (N) of that kind, made by the caller.
/// Throws Error that names `file` and the sample if a label of either kind is none.
void decode(const std::string& file, std::span<const std::byte> bytes, LabelKind labels, const Dataset& into);

}  // namespace tern::cifar100
