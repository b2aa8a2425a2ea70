// A convolution is a product of patches with weights. The patches are never gathered: in NHWC a tap's
// channels (and with dilation 1 those of a whole row of the kernel) are contiguous, so the register tile of
// gemm/ walks through them as segments of one long sum. Borders cost a padded copy of a band of the image,
// which L2 keeps for all taps: 3 % of the time of 3x3 with 64 channels.
#include "tern/kernels/conv2d/conv2d_cpu.hpp"

#include "tern/core/cache_size.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/conv2d/conv2d_sweep.hpp"
#include "tern/kernels/gemm/panels.hpp"
#include "tern/kernels/shared/bands.hpp"
#include "tern/kernels/shared/kept_weights.hpp"

namespace tern::conv2d_passes {
namespace {

using gemm::Block;
using gemm::kPanelColumns;
using gemm::kTileColumns;
using gemm::Matrix;

// Outputs of a sweep in memory: element (n, row, column, c) at data[n*image + row*row_stride +
// column*column_stride + c].
struct Grid {
    float* data;
    std::int64_t image, row_stride, column_stride;
};

// The weights of each group as panels (taps * channels, outputs); channels and outputs of one group, w
// strided so.
struct WeightPanels {
    Tensor panels;
    std::int64_t outputs, group_size, panel_size;
};

WeightPanels pack_weights(const Sweep& sweep, const Tensor& w, std::int64_t outputs,
                          std::int64_t group_stride, std::int64_t channel_stride,
                          std::int64_t output_stride) {
    const std::int64_t channels = sweep.group_channels(), terms = sweep.taps() * channels;
    const std::int64_t group_size = gemm::panels_size(terms, outputs), panel_size = terms * kPanelColumns;
    const Tensor panels = Tensor::empty({sweep.groups * group_size});
    for (std::int64_t g = 0; g < sweep.groups; ++g) {
        float* to = panels.data<float>() + g * group_size;
        for (const std::int64_t kh : sweep.rows.taps)
            for (const std::int64_t kw : sweep.columns.taps) {
                const float* const from = w.data<float>() + g * group_stride + kh * w.dim(3) + kw;
                gemm::pack_panels({from, channels, outputs, channel_stride, output_stride}, to, panel_size);
                to += channels * kPanelColumns;
            }
    }
    return {panels, outputs, group_size, panel_size};
}

// Rows [begin, end) of outputs of one image. Tile by tile, so that L2 holds no more than the weights of
// one.
void convolve_band(const Sweep& sweep, const Patch& patch, const WeightPanels& weights, const float* bias,
                   const Grid& to, std::int64_t begin, std::int64_t end) {
    const std::vector<std::int64_t> runs = runs_of(sweep, patch.pitch);
    for (std::int64_t g = 0; g < sweep.groups; ++g)
        for (std::int64_t j = 0; j < weights.outputs; j += kTileColumns) {
            const std::int64_t output = g * weights.outputs + j;
            Block block{};
            block.rows = sweep.columns.outputs;
            block.columns = std::min(kTileColumns, weights.outputs - j);
            block.a_row = sweep.columns.step * sweep.channels;
            block.a_column = 1;
            block.segments = runs;
            block.depth = sweep.run();
            block.b = weights.panels.data<float>() + g * weights.group_size +
                      j / kPanelColumns * weights.panel_size;
            block.b_row = kPanelColumns;
            block.b_panel = weights.panel_size;
            block.start = bias == nullptr ? nullptr : bias + output;
            block.c_row = to.column_stride;
            for (std::int64_t row = begin; row < end; ++row) {
                block.a =
                    patch.data + (row - begin) * sweep.rows.step * patch.pitch + g * sweep.group_channels();
                block.c = to.data + row * to.row_stride + output;
                gemm::multiply(block);
            }
        }
}

void convolve(const Sweep& sweep, const Tensor& source, const WeightPanels& weights, const float* bias,
              const Grid& to) {
    const std::int64_t height = source.dim(1), width = source.dim(2), image = height * width * source.dim(3);
    const auto convolve_rows = [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
        const Patch patch = patch_of(sweep, source.data<float>() + n * image, height, width, begin, end,
                                     gemm::thread_buffer(sweep.patch_size(end - begin)));
        convolve_band(sweep, patch, weights, bias,
                      {to.data + n * to.image, to.image, to.row_stride, to.column_stride}, begin, end);
    };
    const std::int64_t band = sweep.band(std::min(Sweep::kBandBytes, l2_cache() / 3));
    for_each_band(source.dim(0), sweep.rows.outputs, band, convolve_rows);
}

// What some rows of dy add to the sums (taps * channels, outputs) of one group: per run, its channels as
// rows, outputs as columns, pixels as terms. `patch` is where the first of them reads, rows the distances of
// all from there, `next` how many rows follow.
void add_rows(const Sweep& sweep, const float* patch, std::span<const std::int64_t> rows,
              std::span<const std::int64_t> runs, const Matrix& dy, std::int64_t next, float* panels,
              float* sums) {
    Block block{};
    block.rows = sweep.run();
    block.columns = dy.columns;
    block.a_row = 1;
    block.a_column = sweep.columns.step * sweep.channels;
    block.segments = rows;
    block.depth = sweep.columns.outputs;
    block.start_row = block.c_row = dy.columns;
    const bool in_place = gemm::set_columns(block, dy, [&] { return panels; });
    block.next_depth = in_place ? next * block.depth : 0;
    for (const std::int64_t run : runs) {
        block.a = patch + run;
        block.start = block.c = sums;
        gemm::multiply(block);
        block.next_depth = 0;
        sums += block.rows * dy.columns;
    }
}

// Rows of dy in one step of the weights' gradient. 64 pixels of a panel of dy are 16 KB, half of L1: every
// tile reads them again.
std::int64_t step_of(const Sweep& sweep) {
    return std::max<std::int64_t>(1, 64 / std::max<std::int64_t>(1, sweep.columns.outputs));
}

// What rows [begin, end) of image n add to the sums (groups, taps * channels, outputs).
void add_band(const Sweep& sweep, const Patch& patch, const Tensor& dy, std::int64_t n, std::int64_t begin,
              std::int64_t end, float* panels, float* sums) {
    const std::int64_t pixels = sweep.columns.outputs, step = step_of(sweep),
                       row_pitch = sweep.rows.step * patch.pitch;
    const std::int64_t outputs = dy.dim(3), group_outputs = outputs / sweep.groups;
    const std::vector<std::int64_t> runs = runs_of(sweep, patch.pitch);
    std::vector<std::int64_t> rows;
    for (std::int64_t r = 0; r < std::min(step, end - begin); ++r) rows.push_back(r * row_pitch);
    for (std::int64_t row = begin; row < end; row += step) {
        const std::int64_t count = std::min(step, end - row), next = std::min(step, end - row - count);
        const float* const dy_row = dy.data<float>() + (n * sweep.rows.outputs + row) * pixels * outputs;
        for (std::int64_t g = 0; g < sweep.groups; ++g)
            add_rows(sweep, patch.data + (row - begin) * row_pitch + g * sweep.group_channels(),
                     std::span(rows).first(static_cast<std::size_t>(count)), runs,
                     {dy_row + g * group_outputs, count * pixels, group_outputs, outputs, 1}, next, panels,
                     sums + g * sweep.taps() * sweep.group_channels() * group_outputs);
    }
}

Sweep forward_sweep(const Shape& image, const Shape& windows, const Conv2dParams& params) {
    const Window2d& w = params.window;
    return {Axis::forward(windows[1], w.kernel_h, w.stride_h, w.dilation_h, w.pad_top),
            Axis::forward(windows[2], w.kernel_w, w.stride_w, w.dilation_w, w.pad_left), image[3],
            params.groups};
}

}  // namespace

void store_weights(std::int64_t groups, const float* sums, const Tensor& dw) {
    const std::int64_t outputs = dw.dim(0), channels = dw.dim(1), taps = dw.dim(2) * dw.dim(3);
    const std::int64_t group_outputs = outputs / groups;
    parallel_for(outputs, 8, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t o = begin; o < end; ++o) {
            const float* const from =
                sums + o / group_outputs * taps * channels * group_outputs + o % group_outputs;
            float* const to = dw.data<float>() + o * channels * taps;
            for (std::int64_t i = 0; i < channels; ++i)
                for (std::int64_t t = 0; t < taps; ++t)
                    to[i * taps + t] = from[(t * channels + i) * group_outputs];
        }
    });
}

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &w = pass.w, &bias = pass.bias, &y = pass.y;
    const Sweep sweep = forward_sweep(x.shape(), y.shape(), pass.params);
    const std::int64_t taps = w.dim(2) * w.dim(3), outputs = w.dim(0) / sweep.groups,
                       per_output = w.dim(1) * taps;
    const auto weights = KeptWeights::get({w}, sweep.groups, [&] {
        return pack_weights(sweep, w, outputs, outputs * per_output, taps, per_output);
    });
    convolve(sweep, x, *weights, bias ? bias.data<float>() : nullptr,
             {y.data<float>(), y.dim(1) * y.dim(2) * y.dim(3), y.dim(2) * y.dim(3), y.dim(3)});
}

// The pixels h = phase, phase + stride, ... of dx get the same taps of dy each: a convolution of dy per
// phase.
void run(Cpu, const BackwardInput& pass, const Stream&) {
    const Tensor &dy = pass.dy, &w = pass.w, &dx = pass.dx;
    const auto& [window, groups] = pass.params;
    const std::int64_t taps = w.dim(2) * w.dim(3), per_output = w.dim(1) * taps;
    const std::int64_t row = dx.dim(2) * dx.dim(3), pixel = dx.dim(3);
    for (std::int64_t h = 0; h < std::min(window.stride_h, dx.dim(1)); ++h)
        for (std::int64_t v = 0; v < std::min(window.stride_w, dx.dim(2)); ++v) {
            const Sweep sweep{Axis::backward(dx.dim(1), h, window.kernel_h, window.stride_h,
                                             window.dilation_h, window.pad_top),
                              Axis::backward(dx.dim(2), v, window.kernel_w, window.stride_w,
                                             window.dilation_w, window.pad_left),
                              dy.dim(3), groups};
            const WeightPanels weights =
                pack_weights(sweep, w, w.dim(1), w.dim(0) / groups * per_output, per_output, taps);
            convolve(sweep, dy, weights, nullptr,
                     {dx.data<float>() + h * row + v * pixel, dx.dim(1) * row, window.stride_h * row,
                      window.stride_w * pixel});
        }
}

void run(Cpu, const BackwardWeight& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy, &dw = pass.dw;
    const Sweep sweep = forward_sweep(x.shape(), dy.shape(), pass.params);
    const std::int64_t band = sweep.band(), bands = (sweep.rows.outputs + band - 1) / band;
    const std::int64_t height = x.dim(1), width = x.dim(2), image = height * width * x.dim(3);
    const std::int64_t patch_size = sweep.patch_size(band);
    const std::int64_t panels_size =
        gemm::panels_size(step_of(sweep) * sweep.columns.outputs, dw.dim(0) / sweep.groups);
    constexpr std::int64_t kPixels = 4096;  // per partial sum: 16 of them for 64 images of 32x32
    const std::int64_t chunk =
        std::max<std::int64_t>(1, kPixels / std::max<std::int64_t>(1, band * sweep.columns.outputs));
    const std::int64_t units = x.dim(0) * bands;
    const Tensor partial = Tensor::empty({(units + chunk - 1) / chunk, dw.numel()});
    parallel_chunks(units, chunk, [&](std::int64_t task, std::int64_t first, std::int64_t last) {
        float* const sums = partial.data<float>() + task * dw.numel();
        std::fill_n(sums, dw.numel(), 0.0f);
        float* const buffer = gemm::thread_buffer(patch_size + panels_size);
        for (std::int64_t unit = first; unit < last; ++unit) {
            const std::int64_t n = unit / bands, begin = unit % bands * band;
            const std::int64_t end = std::min(begin + band, sweep.rows.outputs);
            const Patch patch =
                patch_of(sweep, x.data<float>() + n * image, height, width, begin, end, buffer);
            add_band(sweep, patch, dy, n, begin, end, buffer + patch_size, sums);
        }
    });
    const Tensor sums = Tensor::empty({dw.numel()});
    gemm::sum_parts(partial.data<float>(), partial.dim(0), dw.numel(), sums.data<float>());
    store_weights(sweep.groups, sums.data<float>(), dw);
}

void run(Cpu, const BackwardBias& pass, const Stream&) {
    const Matrix dy = Matrix::rows_of(pass.dy);
    gemm::sum_columns(dy.data, dy.rows, dy.columns, pass.dbias.data<float>());
}

}  // namespace tern::conv2d_passes
