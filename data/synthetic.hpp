// A made-up set in CIFAR-10's layout, for trying things out where the real one is not at hand.
#pragma once

#include "tern/data/dataset.hpp"

namespace tern {

struct SyntheticOptions {
    std::uint64_t seed = 0;
    std::int64_t train_samples = 5000;
    std::int64_t test_samples = 1000;
    std::int64_t classes = 10;  // 1 to 256; names "class 0", "class 1", ...
};

/// Sample r has class r mod classes and shows that class's pattern (4 x 4 cells of 8 x 8 pixels, colours by
/// the seed) rolled by a random offset, under noise of +-48 of 255. A small network learns it within an epoch
/// or two; training and test samples differ in offset and noise. Whole numbers only: the same bytes
/// everywhere.
Dataset make_synthetic(const SyntheticOptions& options, Split split);

}  // namespace tern
