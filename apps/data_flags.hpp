// --data and --labels: which samples.
#pragma once

#include "tern/apps/flags.hpp"
#include "tern/apps/options.hpp"
#include "tern/data/dataset_format.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"
#include "tern/models/registry.hpp"

namespace tern::apps {

/// The value of --data, or of the argument of that name, else of TERN_DATA; throws UsageError where both are
/// missing.
std::string data_source(const Flag& flag, std::string_view name = "--data");

inline constexpr const char* kDataHelp =
    "folder with a data set or its parent (CIFAR-10, CIFAR-100, IDX, or of tern data import), or: synthetic "
    "(or TERN_DATA)";
inline constexpr const char* kLabelsHelp = "fine|coarse (of CIFAR-100; default fine)";

inline constexpr const char* kImageSizeHelp =
    "pixels of samples of a folder of images, read from its files in each epoch";

/// The value of --image-size; throws UsageError.
std::int64_t parse_image_size(const std::string& text);

/// The value of --labels; throws UsageError.
LabelKind parse_labels(const Flag& flag);

inline constexpr const char* kAugmentHelp =
    "none|crop-flip|LIST (as crop=4:reflect,rotate=15,mixup=0.5; default none)";

/// The value of --augment, without seed and epoch; throws UsageError.
PrepareImagesParams parse_augment(const std::string& text);

/// Which samples to load.
struct DataChoice {
    std::string source;  // a folder, or "synthetic"
    LabelKind labels = LabelKind::fine;
    std::int64_t image_size = 0;  // of a folder of images, which stay on the disk; 0: of none
};

/// Flags that say it.
struct DataFlags {
    Flag data, labels, image_size;

    void add_to(CLI::App& app);
    /// Throws UsageError.
    DataChoice choice() const;
};

/// Reads one split from a folder, or makes it where the source is "synthetic". What a folder of images has left out is
/// told in a line each. Throws Error unless it holds images with labels, which is what the program works on.
Dataset load_split(const DataChoice& choice, Split split);

/// Of a model for such samples.
ModelOptions model_options(const Dataset& set);

}  // namespace tern::apps
