// The images of a run's first training batch as the network sees them.
#pragma once

#include <string>
#include <vector>

#include "tern/apps/report/run.hpp"

namespace tern::apps::report {

/// An image and what is to be learnt of it.
struct SeenImage {
    Tensor pixels;  // (H, W, C) uint8
    std::string caption;
};

struct SeenBatch {
    std::string why_not;  // one line where nothing is shown
    std::vector<SeenImage> images;
    std::int64_t batch_size = 0;
    std::string augmentation;
};

/// The first `most` images of the first batch of epoch 1: in that epoch's order, of its size, augmented, black where something
/// is cut out. `data` as for test_run(). What fails is told in `why_not`.
SeenBatch first_batch(const Run& run, const Flag& data, std::int64_t most);

}  // namespace tern::apps::report
