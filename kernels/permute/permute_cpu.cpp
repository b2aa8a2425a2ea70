// Bytes are moved, whatever they mean: only the size of an element matters. Dimensions that stay together are
// merged. If the last ones stay last, whole rows are copied; else a tile of 32 x 32 elements is read along
// the input's rows and written along the output's, so that every cache line is used whole while it is there.
#include <algorithm>

#include "tern/kernels/permute/permute_passes.hpp"
#include "tern/kernels/shared/loop_nest.hpp"

namespace tern::permute_passes {
namespace {

constexpr std::int64_t kTile = 32;

using Nest = LoopNest<2>;  // strides of y and x

Nest loops(const Shape& x, const Shape& y, const std::vector<int>& order) {
    const auto strides_x = row_major_strides(x), strides_y = row_major_strides(y);
    Nest nest;
    for (int d = 0; d < y.rank(); ++d) nest.add(y[d], {strides_y[d], strides_x[order[d]]});
    return nest;
}

// `across` is the loop along which x is contiguous; y is so along the innermost one.
template <class T>
void transpose(const Nest& nest, int across, const T* x, T* y) {
    const Nest::Loop columns = nest.loop(across), rows = nest.innermost();
    Nest others;
    for (int d = 0; d < nest.rank() - 1; ++d) {
        if (d != across) others.add(nest.loop(d).extent, nest.loop(d).strides);
    }
    const std::int64_t outer = others.numel(), count = (columns.extent + kTile - 1) / kTile;
    const std::int64_t per_chunk = std::max<std::int64_t>(1, (1 << 15) / (kTile * rows.extent));
    parallel_for(outer * count, per_chunk, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t task = begin; task < end; ++task) {
            const Nest::Offsets at = others.offsets_of(task / count);
            const std::int64_t first = task % count * kTile, last = std::min(first + kTile, columns.extent);
            for (std::int64_t row = 0; row < rows.extent; row += kTile)
                for (std::int64_t c = first; c < last; ++c)
                    for (std::int64_t r = row; r < std::min(row + kTile, rows.extent); ++r)
                        y[at[0] + c * columns.strides[0] + r] = x[at[1] + c + r * rows.strides[1]];
        }
    });
}

template <class T>
void move(const Forward& pass) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto* from = reinterpret_cast<const T*>(x.raw_data());
    auto* to = reinterpret_cast<T*>(y.raw_data());
    const Nest nest = loops(x.shape(), y.shape(), pass.params.order);
    if (nest.numel() == 0) return;
    if (nest.rank() == 0 || nest.innermost().strides[1] == 1) {
        nest.for_each_run([&](const Nest::Offsets& at, std::int64_t count) {
            std::copy_n(from + at[1], count, to + at[0]);
        });
        return;
    }
    int across = 0;
    while (nest.loop(across).strides[1] != 1) ++across;
    transpose(nest, across, from, to);
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    switch (size_of(pass.x.dtype())) {
        case 1:
            return move<std::uint8_t>(pass);
        case 2:
            return move<std::uint16_t>(pass);
        case 4:
            return move<std::uint32_t>(pass);
        default:
            return move<std::uint64_t>(pass);
    }
}

}  // namespace tern::permute_passes
