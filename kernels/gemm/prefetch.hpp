// What a product fetches ahead while its tiles leave the memory alone.
#pragma once

#include <algorithm>
#include <array>

#include "tern/kernels/gemm/tile.hpp"

namespace tern::gemm {

inline constexpr std::int64_t kLine = 16;  // floats that one prefetch brings

/// Where A's rows are read once, as they lie in memory, the next tile's are fetched during this one, and the
/// lines it writes: 8 to 15 % of a 64-64 product. A convolution's patches are in L2 already.
inline void prefetch_rows(const Block& block, std::int64_t begin, std::int64_t end, std::int64_t j,
                          std::int64_t columns) {
    if (block.segments.size() != 1 || block.a_column != 1) return;
    for (std::int64_t i = begin; i < end; ++i) {
        const float* const a = block.a + i * block.a_row;
        for (std::int64_t k = 0; j == 0 && !block.a_cached && k < block.depth; k += kLine)
            __builtin_prefetch(a + k);
        const float* const c = block.c + i * block.c_row + j;
        for (std::int64_t k = 0; k < columns; k += kLine) __builtin_prefetch(c + k, 1);
    }
}

/// Terms [begin, end) of the next block.
inline void prefetch_terms(const Block& block, std::int64_t begin, std::int64_t end) {
    const std::int64_t depth = block.depth * static_cast<std::int64_t>(block.segments.size());
    for (std::int64_t k = depth + begin; k < depth + end; ++k) {
        for (std::int64_t j = 0; j < block.columns; j += kLine)
            __builtin_prefetch(block.b + k * block.b_row + j);
        if (block.segments.size() != 1 || block.a_row != 1) continue;
        for (std::int64_t i = 0; i < block.rows; i += kLine)
            __builtin_prefetch(block.a + k * block.a_column + i);
    }
}

/// What comes after the block, fetched in as many parts as the block has tiles. Shares are counted once a
/// block: two divisions for each tile and memory were 6 % of a training step.
class PrefetchAhead {
  public:
    PrefetchAhead(const Block& block, std::int64_t parts) {
        for (const Ahead& ahead : block.ahead)
            if (ahead.count > 0)
                rest_[count_++] = {ahead.data, ahead.data + ahead.count,
                                   ((ahead.count - 1) / kLine / parts + 1) * kLine};
    }

    void next() {
        for (int i = 0; i < count_; ++i) {
            Rest& rest = rest_[i];
            const float* const end = std::min(rest.begin + rest.share, rest.end);
            for (; rest.begin < end; rest.begin += kLine) __builtin_prefetch(rest.begin, 0, 2);
        }
    }

  private:
    struct Rest {
        const float *begin, *end;
        std::int64_t share;
    };
    std::array<Rest, std::tuple_size_v<decltype(Block::ahead)>> rest_;
    int count_ = 0;
};

}  // namespace tern::gemm
