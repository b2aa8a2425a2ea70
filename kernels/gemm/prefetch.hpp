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
    for (std::int64_t k = block.terms() + begin; k < block.terms() + end; ++k) {
        for (std::int64_t j = 0; j < block.columns; j += kLine)
            __builtin_prefetch(block.b + k * block.b_row + j);
        if (block.segments.size() != 1 || block.a_row != 1) continue;
        for (std::int64_t i = 0; i < block.rows; i += kLine)
            __builtin_prefetch(block.a + k * block.a_column + i);
    }
}

/// Lines of memory, one after the other.
struct Lines {
    const float* first = nullptr;
    std::int64_t count = 0;

    /// Fetches those beyond the first `most`, and forgets them.
    void fetch_beyond(std::int64_t most) {
        for (; count > most; --count) __builtin_prefetch(first + (count - 1) * kLine, 0, 2);
    }
};

/// What comes after the block, in as many shares as the block has tiles. They are counted once a block: two
/// divisions for each tile and memory were 6 % of a training step.
class PrefetchAhead {
  public:
    PrefetchAhead(const Block& block, std::int64_t tiles) {
        std::int64_t lines = 0;
        for (const Ahead& ahead : block.ahead)
            if (ahead.count > 0) {
                rest_[end_++] = {ahead.data, (ahead.count - 1) / kLine + 1};
                lines += rest_[end_ - 1].count;
            }
        if (lines > 0) share_ = (lines - 1) / tiles + 1;
    }

    /// The next tile's share, for it to fetch line by line: a processor waits when too many are under way.
    /// Those of a second memory are fetched here.
    Lines next() {
        Lines share;
        for (std::int64_t wanted = share_; wanted > 0 && begin_ < end_;) {
            Lines& rest = rest_[begin_];
            share.fetch_beyond(0);
            share = {rest.first, std::min(wanted, rest.count)};
            rest.first += share.count * kLine;
            rest.count -= share.count;
            wanted -= share.count;
            if (rest.count == 0) ++begin_;
        }
        return share;
    }

  private:
    std::array<Lines, std::tuple_size_v<AheadList>> rest_;
    int begin_ = 0, end_ = 0;
    std::int64_t share_ = 0;
};

}  // namespace tern::gemm
