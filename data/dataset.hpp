// Samples, and what is to be learnt of each.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tern/core/tensor.hpp"
#include "tern/data/sample_reader.hpp"

namespace tern {

/// R samples in memory, or mapped from a file; or images that are read when they are asked for.
struct Dataset {
    /// Images (R, H, W, C) uint8, or features (R, ...) float32; undefined where there is a reader.
    Tensor samples;
    Tensor targets;  // labels (R) int32, each in [0, classes.size()), or numbers (R, ...) float32
    /// Names in the order of the labels; none where the targets are numbers.
    std::vector<std::string> classes = {};
    std::string source = "data";  // where it is from, for messages: a folder, or "synthetic"
    std::shared_ptr<const SampleReader> reader = {};

    static constexpr std::size_t kMostClasses = 1000;

    std::int64_t size() const { return reader ? reader->size() : samples.dim(0); }
    bool has_images() const { return reader || samples.dtype() == DType::uint8; }
    bool has_labels() const { return targets.dtype() == DType::int32; }
    std::int64_t class_count() const { return static_cast<std::int64_t>(classes.size()); }
    /// Of one sample: (H, W, C), or that of its features.
    Shape sample_shape() const;
    /// Images by number, (N, H, W, C) uint8 on the CPU: those of `numbers` (N) int32 or int64 there. Throws Error for a
    /// number outside [0, R), and where one cannot be read.
    Tensor gather(const Tensor& numbers) const;
    /// Samples [begin, end) of a set without a reader, sharing memory.
    Dataset slice(std::int64_t begin, std::int64_t end) const;
    /// The same samples on `device`; what is read stays where it is.
    Dataset to(Device device) const;
};

/// Throws Error "[where] takes ..." unless samples and targets are on the CPU, of the types and shapes above,
/// and as many of the ones as of the others; samples that are read must be images.
void check_tensors(std::string_view where, const Dataset& dataset);

/// The same, and that labels are from 0 to below the number of classes, and these 1 to kMostClasses with names
/// that differ and are lines of text.
void check_dataset(std::string_view where, const Dataset& dataset);

/// The same, and that its samples are images with a label.
void check_labelled_images(std::string_view where, const Dataset& dataset);

/// Throws Error "[where] takes ..." unless what is trained on and what tests it are alike: samples and targets of
/// one shape and type, and the same classes.
void check_splits(std::string_view where, const Dataset& train, const Dataset& test);

/// Which samples: those to train on, or those kept for tests.
enum class Split : std::uint8_t { train, test };

std::string_view name_of(Split split);
/// "train" or "test"; throws Error otherwise.
Split parse_split(std::string_view name);

}  // namespace tern
