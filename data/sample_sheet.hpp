// One image of many: what a data set looks like.
#pragma once

#include "tern/data/dataset.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"

namespace tern {

struct SampleSheetOptions {
    std::int64_t columns = 10;  // images of each class
    std::int64_t zoom = 2;      // each pixel becomes zoom x zoom
    PrepareImagesParams augmentation = {};
};

/// A row for each class: its name, then its first images in the order of the samples, on white. (H, W, 3)
/// uint8 on the CPU as the set is, for write_png(). Images are as `augmentation` makes them, black where they are cut
/// out. Names are cut to 16 letters; letters outside ASCII are
/// drawn as a box.
Tensor sample_sheet(const Dataset& dataset, const SampleSheetOptions& options = {});

}  // namespace tern
