// Images in bands of rows.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tern/core/threads/parallel.hpp"

namespace tern {

/// Calls function(n, begin, end) for bands of the rows of each image n, over all threads: `most` rows each, or fewer where
/// there are fewer images than threads. For outputs that do not depend on the bands, as their number does on the threads.
template <class F>
void for_each_band(std::int64_t images, std::int64_t rows, std::int64_t most, F function) {
    if (images == 0 || rows == 0) return;
    const std::int64_t band = piece_size(rows, 1, most, images), bands = (rows + band - 1) / band;
    parallel_for(images * bands, 1, [&](std::int64_t task, std::int64_t) {
        const std::int64_t begin = task % bands * band;
        function(task / bands, begin, std::min(begin + band, rows));
    });
}

}  // namespace tern
