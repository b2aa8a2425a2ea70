// One image of many: what a data set looks like.
#pragma once

#include "tern/data/dataset.hpp"

namespace tern {

struct SampleSheetOptions {
    std::int64_t columns = 10;  // images of each class
    std::int64_t zoom = 2;      // each pixel becomes zoom x zoom
};

/// A row for each class: its name, then its first images in the order of the samples, on white. (H, W, 3)
/// uint8 on the CPU as the set is, for write_png(). Names are cut to 16 letters; letters outside ASCII are
/// drawn as a box.
Tensor sample_sheet(const Dataset& dataset, const SampleSheetOptions& options = {});

}  // namespace tern
