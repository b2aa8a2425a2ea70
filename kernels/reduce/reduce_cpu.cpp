// The reduced dimensions must lie together: the tensor is then (outer, reduced, inner). Blocks of rows and
// columns are reduced over threads, each to a row of partial results, which are merged in the order of the
// blocks. The blocks depend on the shape alone, so do the bits.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/reduce/reduce_passes.hpp"

namespace tern::reduce_passes {
namespace {

constexpr std::int64_t kColumns = 1024;      // 4 KB of partial results stay in L1
constexpr std::int64_t kElements = 1 << 15;  // per block
constexpr std::int64_t kLanes = 16;          // sums at once along a row: enough to hide an adder's latency

struct Layout {
    std::int64_t outer = 1, reduced = 1, inner = 1;
};

// Empty if kept dimensions lie between reduced ones.
std::optional<Layout> layout_of(const Shape& shape, std::uint32_t axes) {
    Layout layout;
    bool seen = false, closed = false;
    for (int d = 0; d < shape.rank(); ++d) {
        const bool reduced = axes >> d & 1;
        if (shape[d] == 1) continue;
        if (reduced && closed) return std::nullopt;
        seen = seen || reduced;
        closed = closed || (seen && !reduced);
        (reduced ? layout.reduced : seen ? layout.inner : layout.outer) *= shape[d];
    }
    return layout;
}

struct Add {
    static constexpr float kStart = 0;
    static float combine(float a, float b) { return a + b; }
};
struct Max {
    static constexpr float kStart = -std::numeric_limits<float>::infinity();
    static float combine(float a, float b) { return b > a || b != b ? b : a; }
};
struct Min {
    static constexpr float kStart = std::numeric_limits<float>::infinity();
    static float combine(float a, float b) { return b < a || b != b ? b : a; }
};

template <class R>
float reduce_row(const float* x, std::int64_t count) {
    std::array<float, kLanes> lanes;
    lanes.fill(R::kStart);
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
        for (std::int64_t l = 0; l < kLanes; ++l) lanes[l] = R::combine(lanes[l], x[i + l]);
    for (; i < count; ++i) lanes[i % kLanes] = R::combine(lanes[i % kLanes], x[i]);
    float result = R::kStart;
    for (const float lane : lanes) result = R::combine(result, lane);
    return result;
}

// `rows` rows of `columns`, `stride` apart, to one.
template <class R>
void reduce_rows(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* y) {
    std::fill_n(y, columns, R::kStart);
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c) y[c] = R::combine(y[c], x[r * stride + c]);
}

template <class R>
void reduce(const Layout& layout, const float* x, float* y) {
    const std::int64_t columns = std::min(layout.inner, kColumns);
    const std::int64_t rows = std::min(layout.reduced, std::max<std::int64_t>(1, kElements / columns));
    const std::int64_t column_blocks = (layout.inner + columns - 1) / columns;
    const std::int64_t row_blocks = (layout.reduced + rows - 1) / rows;
    const Tensor partial =
        row_blocks == 1 ? Tensor() : Tensor::empty({layout.outer, row_blocks, layout.inner});
    float* const results = row_blocks == 1 ? y : partial.data<float>();
    const std::int64_t per_chunk = std::max<std::int64_t>(1, kElements / (rows * columns));
    parallel_for(
        layout.outer * row_blocks * column_blocks, per_chunk, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t block = begin; block < end; ++block) {
                const std::int64_t column = block % column_blocks * columns, o = block / column_blocks;
                const std::int64_t row = o % row_blocks * rows;
                const std::int64_t height = std::min(rows, layout.reduced - row);
                const std::int64_t width = std::min(columns, layout.inner - column);
                const float* from = x + (o / row_blocks * layout.reduced + row) * layout.inner + column;
                float* to = results + o * layout.inner + column;
                if (layout.inner == 1)
                    *to = reduce_row<R>(from, height);
                else
                    reduce_rows<R>(from, height, width, layout.inner, to);
            }
        });
    if (row_blocks == 1) return;
    for (std::int64_t o = 0; o < layout.outer; ++o)
        reduce_rows<R>(results + o * row_blocks * layout.inner, row_blocks, layout.inner, layout.inner,
                       y + o * layout.inner);
}

template <class Pass>
bool accepts_layout(const Shape& shape, const Pass& pass, std::string* why_not) {
    if (!accepts_float32(tensors_of(pass), why_not)) return false;
    if (layout_of(shape, pass.params.axes)) return true;
    return refuse(why_not, "the reduced dimensions of ", shape, " do not lie together");
}

}  // namespace

bool accepts(Cpu, const Forward& pass, std::string* why_not) {
    return accepts_layout(pass.x.shape(), pass, why_not);
}

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto [kind, axes] = pass.params;
    const Layout layout = *layout_of(x.shape(), axes);
    if (y.numel() == 0) return;
    if (x.numel() == 0) {
        std::fill_n(y.data<float>(), y.numel(), Add::kStart);  // only sums may be of nothing
        return;
    }
    const auto function = kind == Reduction::max   ? reduce<Max>
                          : kind == Reduction::min ? reduce<Min>
                                                   : reduce<Add>;
    function(layout, x.data<float>(), y.data<float>());
    if (kind != Reduction::mean) return;
    const auto count = static_cast<float>(layout.reduced);
    for (float& value : y.elements<float>()) value /= count;
}

bool accepts(Cpu, const Backward& pass, std::string* why_not) {
    const Reduction kind = pass.params.kind;
    if (kind == Reduction::max || kind == Reduction::min) return refuse(why_not, "sum and mean only");
    return accepts_layout(pass.dx.shape(), pass, why_not);
}

void run(Cpu, const Backward& pass, const Stream&) {
    const Tensor &dy = pass.dy, &dx = pass.dx;
    const auto [kind, axes] = pass.params;
    const Layout layout = *layout_of(dx.shape(), axes);
    if (dx.numel() == 0) return;
    const float scale = kind == Reduction::mean ? 1 / static_cast<float>(layout.reduced) : 1;
    const std::int64_t rows = std::max<std::int64_t>(1, kElements / layout.inner);
    parallel_for(layout.outer * layout.reduced, rows, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end;) {
            const std::int64_t o = row / layout.reduced, last = std::min(end, (o + 1) * layout.reduced);
            const float* from = dy.data<float>() + o * layout.inner;
            float* to = dx.data<float>() + row * layout.inner;
            if (layout.inner == 1) {
                std::fill_n(to, last - row, *from * scale);
                row = last;
            }
            for (; row < last; ++row, to += layout.inner)
                for (std::int64_t i = 0; i < layout.inner; ++i) to[i] = from[i] * scale;
        }
    });
}

}  // namespace tern::reduce_passes
