// Nested loops over K arrays at once, each with its own strides: what permuting and broadcasting come down
// to.
#pragma once

#include <array>

#include "tern/core/shape.hpp"
#include "tern/core/threads/parallel.hpp"

namespace tern {

/// Loops over K arrays, outermost first. Loops that step on where the inner one ends are merged, so two
/// tensors of equal shape become one loop, whatever their rank.
template <int K>
class LoopNest {
  public:
    using Offsets = std::array<std::int64_t, K>;  // in elements, one per array
    struct Loop {
        std::int64_t extent = 1;
        Offsets strides{};
    };

    /// Adds a loop inside the present ones.
    void add(std::int64_t extent, const Offsets& strides) {
        numel_ *= extent;
        if (extent == 1) return;
        if (rank_ > 0 && continues(loops_[rank_ - 1], extent, strides))
            loops_[rank_ - 1] = {loops_[rank_ - 1].extent * extent, strides};
        else
            loops_[rank_++] = {extent, strides};
    }

    int rank() const { return rank_; }
    const Loop& loop(int d) const { return loops_[d]; }
    /// The innermost loop; of one step if there is none.
    Loop innermost() const { return rank_ == 0 ? Loop{} : loops_[rank_ - 1]; }
    std::int64_t numel() const { return numel_; }

    /// Where the arrays stand at step `flat` of all loops together.
    Offsets offsets_of(std::int64_t flat) const {
        Offsets offsets{};
        for (int d = rank_ - 1; d >= 0; --d) {
            const std::int64_t index = flat % loops_[d].extent;
            flat /= loops_[d].extent;
            for (int k = 0; k < K; ++k) offsets[k] += index * loops_[d].strides[k];
        }
        return offsets;
    }

    /// Calls run(offsets, count) over threads: `count` steps of the innermost loop from these offsets on, at
    /// most kRun. The pieces depend on the loops alone.
    template <class F>
    void for_each_run(F&& run) const {
        if (numel_ == 0) return;
        const Loop inner = innermost();
        const std::int64_t pieces = (inner.extent + kRun - 1) / kRun, runs = numel_ / inner.extent * pieces;
        const std::int64_t runs_per_chunk = std::max<std::int64_t>(1, kRun / inner.extent);
        parallel_for(runs, runs_per_chunk, [&](std::int64_t begin, std::int64_t end) {
            for (Cursor at = cursor(begin / pieces); begin < end; ++begin) {
                const std::int64_t first = begin % pieces * kRun;
                Offsets offsets = at.offsets;
                for (int k = 0; k < K; ++k) offsets[k] += first * inner.strides[k];
                run(offsets, std::min(kRun, inner.extent - first));
                if (first + kRun >= inner.extent) step(at);
            }
        });
    }

  private:
    static constexpr std::int64_t kRun = 1 << 15;  // 128 KB of float32 per array

    struct Cursor {  // a position of all loops but the innermost
        std::array<std::int64_t, Shape::kMaxRank> index{};
        Offsets offsets{};
    };

    static bool continues(const Loop& outer, std::int64_t extent, const Offsets& strides) {
        for (int k = 0; k < K; ++k) {
            if (outer.strides[k] != extent * strides[k]) return false;
        }
        return true;
    }

    Cursor cursor(std::int64_t flat) const {
        Cursor at{{}, offsets_of(flat * innermost().extent)};
        for (int d = rank_ - 2; d >= 0; --d) {
            at.index[d] = flat % loops_[d].extent;
            flat /= loops_[d].extent;
        }
        return at;
    }

    void step(Cursor& at) const {
        for (int d = rank_ - 2; d >= 0; --d) {
            const bool wraps = ++at.index[d] == loops_[d].extent;
            const std::int64_t steps = wraps ? 1 - loops_[d].extent : 1;
            for (int k = 0; k < K; ++k) at.offsets[k] += steps * loops_[d].strides[k];
            if (!wraps) return;
            at.index[d] = 0;
        }
    }

    std::array<Loop, Shape::kMaxRank> loops_{};
    int rank_ = 0;
    std::int64_t numel_ = 1;
};

/// The strides of a row-major tensor in elements.
inline std::array<std::int64_t, Shape::kMaxRank> row_major_strides(const Shape& shape) {
    std::array<std::int64_t, Shape::kMaxRank> strides{};
    std::int64_t stride = 1;
    for (int d = shape.rank() - 1; d >= 0; --d) {
        strides[d] = stride;
        stride *= shape[d];
    }
    return strides;
}

/// Those of an operand along the dimensions of `result`, to which it broadcasts: 0 where it is repeated.
inline std::array<std::int64_t, Shape::kMaxRank> broadcast_strides(const Shape& operand,
                                                                   const Shape& result) {
    const auto own = row_major_strides(operand);
    std::array<std::int64_t, Shape::kMaxRank> strides{};
    for (int d = result.rank() - operand.rank(), i = 0; i < operand.rank(); ++d, ++i)
        strides[d] = operand[i] == 1 ? 0 : own[i];
    return strides;
}

}  // namespace tern
