// A few rows of outputs at a time: the depthwise part writes bytes into a buffer of L1, which the products read. The taps of
// a channel are quads of bytes; those of a column of three taps serve three outputs of a row.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/quantized_separable_conv2d/quantized_separable_conv2d_cpu.cpp"
#include <algorithm>
#include <memory>
#include <vector>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/kernels/gemm/bytes_cpu.hpp"
#include "tern/kernels/gemm/multiple.hpp"
#include "tern/kernels/gemm/packed_bytes.hpp"
#include "tern/kernels/quantized_separable_conv2d/quantized_separable_conv2d_passes.hpp"
#include "tern/kernels/shared/bands.hpp"
#include "tern/kernels/shared/kept_weights.hpp"
#include "tern/kernels/shared/padded_bytes.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::quantized_separable_conv2d_passes::HWY_NAMESPACE {
using namespace tern::gemm::HWY_NAMESPACE;
using gemm::kQuad;

// Channels of a step, in the order in which blocks of 128 bits are interleaved and packed again.
HWY_INLINE std::int64_t channel_at(std::int64_t position) {
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(Ints())),
               blocks = std::max<std::int64_t>(lanes / 4, 1);
    const std::int64_t in_block = lanes / blocks;
    const std::int64_t v = position / lanes, block = position % lanes / in_block, e = position % in_block;
    return (block * kSums + v) * in_block + e;
}

// Bytes of four rows as quads.
HWY_INLINE void interleave(const std::uint8_t* const (&rows)[kQuad], std::int64_t at,
                           IntVector (&quads)[kSums]) {
#if HWY_TARGET == HWY_SCALAR
    for (int v = 0; v < kSums; ++v) {
        std::uint8_t bytes[kQuad];
        for (int k = 0; k < kQuad; ++k) bytes[k] = rows[k][at + v];
        quads[v] = quads_at(bytes);
    }
#else
    const hn::Repartition<std::uint8_t, Ints> d8;
    const hn::Repartition<std::uint16_t, Ints> d16;
    const auto r0 = hn::LoadU(d8, rows[0] + at), r1 = hn::LoadU(d8, rows[1] + at),
               r2 = hn::LoadU(d8, rows[2] + at), r3 = hn::LoadU(d8, rows[3] + at);
    const auto low01 = hn::BitCast(d16, hn::InterleaveLower(d8, r0, r1)),
               high01 = hn::BitCast(d16, hn::InterleaveUpper(d8, r0, r1)),
               low23 = hn::BitCast(d16, hn::InterleaveLower(d8, r2, r3)),
               high23 = hn::BitCast(d16, hn::InterleaveUpper(d8, r2, r3));
    const Ints d;
    quads[0] = hn::BitCast(d, hn::InterleaveLower(d16, low01, low23));
    quads[1] = hn::BitCast(d, hn::InterleaveUpper(d16, low01, low23));
    quads[2] = hn::BitCast(d, hn::InterleaveLower(d16, high01, high23));
    quads[3] = hn::BitCast(d, hn::InterleaveUpper(d16, high01, high23));
#endif
}

// The taps of a window in the order in which quads hold them; -1 stands for none.
std::vector<std::int64_t> taps_in_quads(const Window2d& window, bool by_columns) {
    const std::int64_t rows = window.kernel_h, columns = window.kernel_w;
    std::vector<std::int64_t> taps;
    if (by_columns) {
        for (std::int64_t k = 0; k < columns * kQuad; ++k)
            taps.push_back(k % kQuad < rows ? k % kQuad * columns + k / kQuad : -1);
    } else {
        for (std::int64_t k = 0; k < gemm::up_to_multiple(rows * columns, kQuad); ++k)
            taps.push_back(k < rows * columns ? k : -1);
    }
    return taps;
}

// Of each position in the order of channel_at(), up to whole steps.
struct DepthwiseWeights {
    std::vector<std::int8_t> w;       // for each step and quad: of each position four weights
    std::vector<std::int32_t> start;  // the sums' first terms
};

DepthwiseWeights pack_depthwise(const Forward& pass, const std::vector<std::int64_t>& taps) {
    const std::int64_t step = step_of_bytes(), channels = pass.x.dim(3),
                       size = pass.depthwise.numel() / std::max<std::int64_t>(channels, 1),
                       padded = gemm::up_to_multiple(channels, step),
                       slots = static_cast<std::int64_t>(taps.size());
    DepthwiseWeights packed;
    packed.w.resize(static_cast<std::size_t>(padded * slots));
    packed.start.resize(static_cast<std::size_t>(padded));
    const std::int8_t* const w = pass.depthwise.data<std::int8_t>();
    const std::int32_t* const bias = pass.depthwise_bias.data<std::int32_t>();
    for (std::int64_t position = 0; position < padded; ++position) {
        const std::int64_t first = position / step * step, c = first + channel_at(position % step);
        if (c >= channels) continue;
        std::int64_t sum = 0;
        for (std::int64_t k = 0; k < slots; ++k) {
            const std::int64_t tap = taps[static_cast<std::size_t>(k)];
            if (tap < 0) continue;
            const std::int8_t weight = w[c * size + tap];
            packed.w[static_cast<std::size_t>(first * slots + (k / kQuad * step + position % step) * kQuad +
                                              k % kQuad)] = weight;
            sum += weight;
        }
        packed.start[static_cast<std::size_t>(position)] =
            static_cast<std::int32_t>(bias[c] - pass.params.input_zero * sum);
    }
    return packed;
}

// The depthwise part.
struct Depthwise {
    std::int64_t channels = 0;       // filled up to whole steps
    bool by_columns = false;         // three columns of at most four taps, one pixel apart: a quad each
    std::vector<std::int64_t> taps;  // where they read, filled up to whole quads
    std::shared_ptr<const DepthwiseWeights> weights;
    std::vector<float> multiplier;  // of each position
    int zero = 0;

    std::int64_t quads() const { return static_cast<std::int64_t>(taps.size()) / kQuad; }
};

Depthwise depthwise_of(const Forward& pass, const PaddedBand& padded) {
    const Window2d& window = pass.params.window;
    const std::int64_t step = step_of_bytes(), columns = window.kernel_w, channels = pass.x.dim(3);
    Depthwise depthwise;
    depthwise.channels = padded.channels;
    depthwise.zero = pass.params.middle_zero;
    depthwise.by_columns =
        columns == 3 && window.kernel_h <= kQuad && window.stride_w == 1 && window.dilation_w == 1;
    const std::vector<std::int64_t> taps = taps_in_quads(window, depthwise.by_columns);
    for (const std::int64_t t : taps)
        depthwise.taps.push_back(
            t < 0 ? 0
                  : (t / columns * window.dilation_h * padded.width + t % columns * window.dilation_w) *
                        padded.channels);
    depthwise.weights = KeptWeights::get({pass.depthwise, pass.depthwise_bias},
                                         pass.params.input_zero * 2 + (depthwise.by_columns ? 1 : 0),
                                         [&] { return pack_depthwise(pass, taps); });
    depthwise.multiplier.resize(static_cast<std::size_t>(padded.channels));
    const float* const multiplier = pass.depthwise_multiplier.data<float>();
    for (std::int64_t position = 0; position < padded.channels; ++position) {
        const std::int64_t c = position / step * step + channel_at(position % step);
        if (c < channels) depthwise.multiplier[static_cast<std::size_t>(position)] = multiplier[c];
    }
    return depthwise;
}

HWY_INLINE void store_middle(const IntVector (&sums)[kSums], const float* multiplier, int zero,
                             std::uint8_t* to) {
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(Ints()));
    FloatVector numbers[kSums];
    for (int v = 0; v < kSums; ++v) numbers[v] = scaled(sums[v], multiplier + v * lanes);
    store_in_blocks(numbers, zero, to);
}

// A row of `count` outputs for a step of channels, whose first window starts at x.
template <bool kVnni>
HWY_INLINE void row_by_columns(const Depthwise& depthwise, const std::uint8_t* x, std::int64_t first,
                               std::int64_t count, std::uint8_t* to) {
    const Ints d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    IntVector w[3][kSums], quads[3][kSums];
    const std::int8_t* const weights = depthwise.weights->w.data() + first * 3 * kQuad;
    for (int k = 0; k < 3; ++k)
        for (int v = 0; v < kSums; ++v) w[k][v] = quads_at(weights + (k * kSums + v) * lanes * kQuad);
    const std::int32_t* const start = depthwise.weights->start.data() + first;
    const float* const multiplier = depthwise.multiplier.data() + first;
    const std::uint8_t* rows[kQuad];
    for (int k = 0; k < kQuad; ++k) rows[k] = x + depthwise.taps[static_cast<std::size_t>(k)];
    const std::int64_t channels = depthwise.channels;
    interleave(rows, first, quads[0]);
    interleave(rows, first + channels, quads[1]);
    std::int64_t at = first + 2 * channels;
    const auto output = [&](IntVector(&a)[kSums], IntVector(&b)[kSums], IntVector(&c)[kSums]) HWY_ATTR {
        interleave(rows, at, c);
        at += channels;
        IntVector sums[kSums];
        for (int v = 0; v < kSums; ++v) {
            sums[v] = add_products<kVnni>(hn::LoadU(d, start + v * lanes), a[v], w[0][v]);
            sums[v] = add_products<kVnni>(sums[v], b[v], w[1][v]);
            sums[v] = add_products<kVnni>(sums[v], c[v], w[2][v]);
        }
        store_middle(sums, multiplier, depthwise.zero, to);
        to += channels;
    };
    for (; count >= 3; count -= 3) {
        output(quads[0], quads[1], quads[2]);
        output(quads[1], quads[2], quads[0]);
        output(quads[2], quads[0], quads[1]);
    }
    if (count > 0) output(quads[0], quads[1], quads[2]);
    if (count > 1) output(quads[1], quads[2], quads[0]);
}

template <bool kVnni>
HWY_INLINE void row_of_taps(const Depthwise& depthwise, const std::uint8_t* x, std::int64_t x_step,
                            std::int64_t first, std::int64_t count, std::uint8_t* to) {
    const Ints d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const std::int64_t quads = depthwise.quads();
    for (; count > 0; --count, x += x_step, to += depthwise.channels) {
        IntVector sums[kSums], taps[kSums];
        for (int v = 0; v < kSums; ++v)
            sums[v] = hn::LoadU(d, depthwise.weights->start.data() + first + v * lanes);
        const std::int8_t* w = depthwise.weights->w.data() + first * quads * kQuad;
        for (std::int64_t q = 0; q < quads; ++q) {
            const std::uint8_t* rows[kQuad];
            for (int k = 0; k < kQuad; ++k)
                rows[k] = x + depthwise.taps[static_cast<std::size_t>(q * kQuad + k)];
            interleave(rows, first, taps);
            for (int v = 0; v < kSums; ++v, w += lanes * kQuad)
                sums[v] = add_products<kVnni>(sums[v], taps[v], quads_at(w));
        }
        store_middle(sums, depthwise.multiplier.data() + first, depthwise.zero, to);
    }
}

// One row of outputs, whose first window starts at x: `to` gets all channels, filled up.
void depthwise_row(const Depthwise& depthwise, const std::uint8_t* x, std::int64_t x_step, std::int64_t count,
                   std::uint8_t* to) {
    const std::int64_t step = step_of_bytes();
    with_vnni([&](auto vnni) {
        for (std::int64_t first = 0; first < depthwise.channels; first += step) {
            if (depthwise.by_columns)
                row_by_columns<vnni>(depthwise, x, first, count, to + first);
            else
                row_of_taps<vnni>(depthwise, x, x_step, first, count, to + first);
        }
    });
}

void forward(const Forward& pass) {
    constexpr std::int64_t kBand = 8;  // rows of outputs: a 3x3 window reads 10
    const Tensor &x = pass.x, &y = pass.y;
    const Window2d& window = pass.params.window;
    const PaddedBand padded(x.shape(), window, y.dim(2), step_of_bytes());
    const Depthwise depthwise = depthwise_of(pass, padded);
    const auto pointwise = gemm::pack_bytes(pass.pointwise, pass.bias, pass.params.middle_zero);
    const std::vector<float> multipliers = gemm::padded_multipliers(pass.multiplier);
    const std::int64_t height = y.dim(1), width = y.dim(2);
    for_each_band(y.dim(0), height, kBand, [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
        static constexpr std::int64_t kTap[] = {0};
        thread_local std::vector<std::uint8_t> middle;
        middle.resize(std::max(middle.size(), static_cast<std::size_t>(kBand * width * padded.channels)));
        const PaddedBytes from = padded.copy(x.data<std::uint8_t>(), n, begin, end, pass.params.input_zero);
        for (std::int64_t oh = begin; oh < end; ++oh)
            depthwise_row(depthwise, from.data + (oh - begin) * window.stride_h * from.row,
                          window.stride_w * from.channels, width,
                          middle.data() + (oh - begin) * width * padded.channels);
        const std::int64_t to = (n * height + begin) * width * y.dim(3);
        gemm::ByteBlock block = pointwise->block(multipliers, pass.params.result);
        block.rows = (end - begin) * width;
        block.a = middle.data();
        block.a_row = padded.channels;
        block.segments = kTap;
        if (pass.residual) block.results.residual = pass.residual.data<std::uint8_t>() + to;
        block.results.bytes = y.data<std::uint8_t>() + to;
        block.results.row = y.dim(3);
        gemm::multiply(block);
    });
}

}  // namespace tern::quantized_separable_conv2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::quantized_separable_conv2d_passes {

HWY_EXPORT(forward);

void run(Cpu, const Forward& pass, const Stream&) {
    if (pass.y.numel() > 0) HWY_DYNAMIC_DISPATCH(forward)(pass);
}

}  // namespace tern::quantized_separable_conv2d_passes
#endif
