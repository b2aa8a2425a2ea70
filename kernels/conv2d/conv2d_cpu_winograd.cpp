// 3x3 convolutions of stride 1 by Winograd's method (winograd.hpp). Blocks of tiles, over all images, are
// transformed, multiplied with the transformed weights (36 products, one per position, on the register tile
// of gemm/) and transformed back before the next block, so that what is between stays in L2 and L3.
#include "tern/kernels/conv2d/conv2d_cpu.hpp"

#include "tern/core/cache_size.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/conv2d/winograd.hpp"
#include "tern/kernels/gemm/panels.hpp"
#include "tern/kernels/shared/kept_weights.hpp"

namespace tern::conv2d_passes {
namespace {

using gemm::kPanelColumns;
using namespace winograd;

// Tiles of a block: two to four times the six rows of the register tile. For the gradient of the weights, whose sums
// are read and written once per block, more.
constexpr std::int64_t kFewestBlockTiles = 12, kBlockTiles = 24, kFewestSumTiles = 24, kSumTiles = 64;
// Between the matrices of two positions, so that the 36 lines that a tile writes are in different sets of L1.
constexpr std::int64_t kGap = kPanelColumns;

// The tiles of all images, row by row.
struct Tiling {
    std::int64_t images, rows, columns;

    static Tiling of(const Tensor& outputs) {
        return {outputs.dim(0), (outputs.dim(1) + kOutputs - 1) / kOutputs,
                (outputs.dim(2) + kOutputs - 1) / kOutputs};
    }
    std::int64_t count() const { return images * rows * columns; }
};

// The pixels of a tile in `images` (N, H, W, C), where the first tile starts at (top, left).
template <class T>
Pixels<T> pixels_of(const Tiling& tiling, std::int64_t tile, const Tensor& images, std::int64_t top,
                    std::int64_t left) {
    const std::int64_t row = tile / tiling.columns % tiling.rows, column = tile % tiling.columns,
                       n = tile / tiling.columns / tiling.rows;
    const std::int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
    return {images.data<float>() + n * height * width * channels,
            height,
            width,
            channels,
            top + row * kOutputs,
            left + column * kOutputs};
}

// Tiles of a block of which both sides lie in L2 beside the matrices of all positions; the most where those
// alone do not, as every block reads them again. Sums go on from block to block, so no bit depends on it.
std::int64_t tiles_in_cache(std::int64_t terms, std::int64_t outputs, std::int64_t fewest,
                            std::int64_t most) {
    constexpr auto kBytes = static_cast<std::int64_t>(kPositions * sizeof(float));
    const std::int64_t room = l2_cache() * 2 / 3 - kBytes * terms * outputs;
    if (room < 0) return most;
    return std::clamp(room / (kBytes * std::max<std::int64_t>(terms + outputs, 1)) / 6 * 6, fewest, most);
}

// Transformed weights: per position panels (terms, outputs).
struct TransformedWeights {
    Tensor panels;
    std::int64_t terms, outputs, position_stride;
};

// `filters` has all outputs as columns.
TransformedWeights transformed_weights(const Filters& filters) {
    const std::int64_t terms = filters.rows, outputs = filters.columns;
    const std::int64_t position_stride = gemm::panels_size(terms, outputs) + kGap;
    const Tensor panels = Tensor::empty({kPositions * position_stride});
    parallel_for(outputs, kPanelColumns, [&](std::int64_t begin, std::int64_t end) {
        Filters part = filters;
        part.data += begin * filters.column_stride;
        part.columns = end - begin;
        transform_weights(part, panels.data<float>() + begin * terms, position_stride);
    });
    return {panels, terms, outputs, position_stride};
}

// products (tiles, outputs) = inputs (tiles, terms) times weights, at every position.
void multiply_positions(const Transformed<float>& inputs, const TransformedWeights& weights,
                        const Transformed<float>& products, std::int64_t tiles) {
    for (std::int64_t position = 0; position < kPositions; ++position) {
        const gemm::Matrix rows{inputs.data + position * inputs.position_stride, tiles, weights.terms,
                                weights.terms, 1};
        gemm::Block block = gemm::block_of(
            rows, weights.outputs, products.data + position * products.position_stride, weights.outputs);
        block.b = weights.panels.data<float>() + position * weights.position_stride;
        block.b_row = kPanelColumns;
        block.b_panel = weights.terms * kPanelColumns;
        gemm::multiply(block);
    }
}

// Every output is the sum over a 3x3 window of `source`, the first of which starts at (top, left).
void convolve(const Tensor& source, std::int64_t top, std::int64_t left, const TransformedWeights& weights,
              const float* bias, const Tensor& result) {
    const Tiling tiling = Tiling::of(result);
    const std::int64_t terms = weights.terms, outputs = weights.outputs;
    const std::int64_t block = piece_size(tiling.count(), kFewestBlockTiles,
                                          tiles_in_cache(terms, outputs, kFewestBlockTiles, kBlockTiles));
    const std::int64_t input_stride = block * terms + kGap, product_stride = block * outputs + kGap;
    parallel_for(tiling.count(), block, [&](std::int64_t begin, std::int64_t end) {
        float* const buffer = gemm::thread_buffer(kPositions * (input_stride + product_stride));
        const Transformed<float> inputs{buffer, input_stride, kPanelColumns};
        const Transformed<float> products{buffer + kPositions * input_stride, product_stride, kPanelColumns};
        for (std::int64_t tile = begin; tile < end; ++tile)
            transform_input(pixels_of<const float>(tiling, tile, source, top, left),
                            {inputs.data + (tile - begin) * terms, input_stride, kPanelColumns});
        multiply_positions(inputs, weights, products, end - begin);
        for (std::int64_t tile = begin; tile < end; ++tile)
            transform_output({products.data + (tile - begin) * outputs, product_stride, kPanelColumns}, bias,
                             pixels_of<float>(tiling, tile, result, 0, 0));
    });
}

// Buffers of one thread for the gradient of the weights. The columns of `gradients` beyond the last output
// are zeros.
struct WeightSums {
    std::int64_t terms, outputs, block_tiles;
    Transformed<float> inputs, gradients;
    float* sums;  // per position (terms, outputs)
    std::int64_t sum_stride;

    WeightSums(std::int64_t channels, std::int64_t columns)
        : terms(channels),
          outputs(columns),
          block_tiles(tiles_in_cache(channels, columns, kFewestSumTiles, kSumTiles)) {
        const std::int64_t panels = (outputs + kPanelColumns - 1) / kPanelColumns;
        inputs.position_stride = block_tiles * terms + kGap;
        gradients.position_stride = block_tiles * panels * kPanelColumns + kGap;
        inputs.panel_stride = kPanelColumns;
        gradients.panel_stride = block_tiles * kPanelColumns;
        sum_stride = terms * outputs + kGap;
        const std::int64_t gradients_size = kPositions * gradients.position_stride;
        inputs.data =
            gemm::thread_buffer(kPositions * (inputs.position_stride + sum_stride) + gradients_size);
        gradients.data = inputs.data + kPositions * inputs.position_stride;
        sums = gradients.data + gradients_size;
        if (outputs % kPanelColumns != 0) std::fill_n(gradients.data, gradients_size, 0.0f);
    }

    // Adds the products of `tiles` tiles, or starts with them.
    void add(std::int64_t tiles, bool first) {
        for (std::int64_t position = 0; position < kPositions; ++position) {
            const gemm::Matrix columns{inputs.data + position * inputs.position_stride, terms, tiles, 1,
                                       terms};
            gemm::Block block = gemm::block_of(columns, outputs, sums + position * sum_stride, outputs);
            block.b = gradients.data + position * gradients.position_stride;
            block.b_row = kPanelColumns;
            block.b_panel = gradients.panel_stride;
            block.start = first ? nullptr : block.c;
            block.start_row = outputs;
            gemm::multiply(block);
        }
    }
};

template <class Pass>
bool takes(const Pass& pass, std::string* why_not) {
    if (!accepts_float32(tensors_of(pass), why_not)) return false;
    const auto& [window, groups] = pass.params;
    Window2d plain = window;
    plain.pad_top = plain.pad_bottom = plain.pad_left = plain.pad_right = 0;
    return (plain == Window2d::square(3) && groups == 1) ||
           refuse(why_not, "3x3, stride 1, dilation 1, 1 group only, got ", window, ", ", groups, " groups");
}

// Measured on one core of an AMD EPYC (Zen 3, AVX2). Batch 64 of 32x32: 0.40 to 0.65 of the direct version's
// time from 32 to 64 channels on, 0.7 to 0.8 from 16 to 32, equal from 16 to 16, and up to 1.7 from 3 to 32,
// where the transforms are most of the work. Outputs of 6x6, 9 per tile, take 0.75 of it, those of 5x5, 6 per
// tile, as long. Transforming the weights takes longer than a few tiles save: 4 tiles of 64 channels 0.7 to
// 1.2 of the direct version's time, 4 of 512 channels 1.4 to 2.1.
bool winograd_is_preferred(const Tensor& w, const Tensor& convolved, std::string* why_not) {
    constexpr std::int64_t kFewestProducts = 512, kFewestTiles = 16, kFewestOutputs = 8;
    if (const std::int64_t products = w.dim(0) * w.dim(1); products < kFewestProducts)
        return refuse(why_not, "the sum of products is faster below ", kFewestProducts,
                      " products of channels and outputs, got ", products);
    const std::int64_t tiles = Tiling::of(convolved).count();
    const std::int64_t outputs = convolved.dim(0) * convolved.dim(1) * convolved.dim(2);
    if (tiles < kFewestTiles)
        return refuse(why_not, "the sum of products is faster for fewer than ", kFewestTiles,
                      " tiles of 4x4, got ", tiles);
    return outputs >= kFewestOutputs * tiles ||
           refuse(why_not,
                  "the sum of products is faster for outputs that leave most of a tile of 4x4 unused");
}

}  // namespace

bool accepts(CpuWinograd, const Forward& pass, std::string* why_not) { return takes(pass, why_not); }
bool accepts(CpuWinograd, const BackwardInput& pass, std::string* why_not) { return takes(pass, why_not); }
bool accepts(CpuWinograd, const BackwardWeight& pass, std::string* why_not) { return takes(pass, why_not); }

bool preferred_when(CpuWinograd, const Forward& pass, std::string* why_not) {
    return winograd_is_preferred(pass.w, pass.y, why_not);
}
bool preferred_when(CpuWinograd, const BackwardInput& pass, std::string* why_not) {
    return winograd_is_preferred(pass.w, pass.dx, why_not);
}
bool preferred_when(CpuWinograd, const BackwardWeight& pass, std::string* why_not) {
    return winograd_is_preferred(pass.dw, pass.dy, why_not);
}

void run(CpuWinograd, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &w = pass.w, &bias = pass.bias;
    const Window2d& window = pass.params.window;
    const std::int64_t taps = kTaps * kTaps;
    const auto weights = KeptWeights::get({w}, 0, [&] {
        return transformed_weights({w.data<float>(), w.dim(1), w.dim(0), taps, w.dim(1) * taps, false});
    });
    convolve(x, -window.pad_top, -window.pad_left, *weights, bias ? bias.data<float>() : nullptr, pass.y);
}

// dx is a convolution of dy with the flipped weights, padded by 2 - pad.
void run(CpuWinograd, const BackwardInput& pass, const Stream&) {
    const Tensor &dy = pass.dy, &w = pass.w;
    const Window2d& window = pass.params.window;
    const std::int64_t taps = kTaps * kTaps;
    const TransformedWeights weights =
        transformed_weights({w.data<float>(), w.dim(0), w.dim(1), w.dim(1) * taps, taps, true});
    convolve(dy, window.pad_top - (kTaps - 1), window.pad_left - (kTaps - 1), weights, nullptr, pass.dx);
}

void run(CpuWinograd, const BackwardWeight& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy, &dw = pass.dw;
    const Window2d& window = pass.params.window;
    const std::int64_t outputs = dw.dim(0), channels = dw.dim(1);
    const Tiling tiling = Tiling::of(dy);
    constexpr std::int64_t kPartTiles = 256;  // per partial sum: 16 of them for 64 images of 32x32
    const Tensor partial = Tensor::empty({(tiling.count() + kPartTiles - 1) / kPartTiles, dw.numel()});
    parallel_chunks(tiling.count(), kPartTiles, [&](std::int64_t part, std::int64_t begin, std::int64_t end) {
        WeightSums sums(channels, outputs);
        for (std::int64_t first = begin; first < end; first += sums.block_tiles) {
            const std::int64_t tiles = std::min(sums.block_tiles, end - first);
            for (std::int64_t t = 0; t < tiles; ++t) {
                transform_input(
                    pixels_of<const float>(tiling, first + t, x, -window.pad_top, -window.pad_left),
                    {sums.inputs.data + t * channels, sums.inputs.position_stride, sums.inputs.panel_stride});
                transform_gradient(pixels_of<const float>(tiling, first + t, dy, 0, 0),
                                   {sums.gradients.data + t * kPanelColumns, sums.gradients.position_stride,
                                    sums.gradients.panel_stride});
            }
            sums.add(tiles, first == begin);
        }
        float* const taps = partial.data<float>() + part * dw.numel();
        for (std::int64_t c = 0; c < channels; ++c)
            transform_sums({sums.sums + c * outputs, sums.sum_stride, kPanelColumns}, outputs,
                           taps + c * outputs, channels * outputs);
    });
    const Tensor sums = Tensor::empty({dw.numel()});
    gemm::sum_parts(partial.data<float>(), partial.dim(0), dw.numel(), sums.data<float>());
    store_weights(1, sums.data<float>(), dw);
}

}  // namespace tern::conv2d_passes
