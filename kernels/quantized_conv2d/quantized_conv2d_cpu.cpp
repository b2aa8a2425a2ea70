#include <vector>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/gemm/packed_bytes.hpp"
#include "tern/kernels/quantized_conv2d/quantized_conv2d_passes.hpp"
#include "tern/kernels/shared/bands.hpp"
#include "tern/kernels/shared/padded_bytes.hpp"

namespace tern::quantized_conv2d_passes {
namespace {

constexpr std::int64_t kBand = 8;  // rows of outputs that a thread takes: a 3x3 window reads 10
// And pixels of a 1x1 window, four tiles at least.
constexpr std::int64_t kPixels = 1024, kFewestPixels = 64;

bool is_pointwise(const Window2d& w, std::int64_t channels) {
    return w == Window2d{} && channels % gemm::kQuad == 0;
}

gemm::ByteResults results_of(const Forward& pass, gemm::ByteResults results, std::int64_t first) {
    const Tensor& y = pass.y;
    if (pass.residual) results.residual = pass.residual.data<std::uint8_t>() + first;
    if (y.dtype() == DType::float32)
        results.numbers = y.data<float>() + first;
    else
        results.bytes = y.data<std::uint8_t>() + first;
    results.row = y.dim(3);
    return results;
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    if (y.numel() == 0) return;
    const Window2d& window = pass.params.window;
    const auto packed = gemm::pack_bytes(pass.w, pass.bias, pass.params.input_zero);
    const std::vector<float> multipliers = gemm::padded_multipliers(pass.multiplier);
    const auto multiply = [&](const std::uint8_t* a, std::int64_t a_row, std::span<const std::int64_t> taps,
                              std::int64_t first, std::int64_t rows) {
        gemm::ByteBlock block = packed->block(multipliers, pass.params.result);
        block.rows = rows;
        block.a = a;
        block.a_row = a_row;
        block.segments = taps;
        block.quads = packed->quads * packed->taps / static_cast<std::int64_t>(taps.size());
        block.results = results_of(pass, block.results, first * y.dim(3));
        gemm::multiply(block);
    };
    if (is_pointwise(window, x.dim(3))) {
        static constexpr std::int64_t kTap[] = {0};
        const std::int64_t pixels = y.numel() / y.dim(3);
        parallel_for(
            pixels, piece_size(pixels, kFewestPixels, kPixels), [&](std::int64_t begin, std::int64_t end) {
                multiply(x.data<std::uint8_t>() + begin * x.dim(3), x.dim(3), kTap, begin, end - begin);
            });
        return;
    }
    const PaddedBand padded(x.shape(), window, y.dim(2), gemm::kQuad);
    // Taps side by side are one: 9 times 4 quads are too few for AMX, 3 times 12 are not.
    const std::int64_t together = window.dilation_w == 1 ? window.kernel_w : 1;
    std::vector<std::int64_t> taps;
    for (std::int64_t kh = 0; kh < window.kernel_h; ++kh)
        for (std::int64_t kw = 0; kw < window.kernel_w; kw += together)
            taps.push_back((kh * window.dilation_h * padded.width + kw * window.dilation_w) *
                           padded.channels);
    for_each_band(y.dim(0), y.dim(1), kBand, [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
        const PaddedBytes from = padded.copy(x.data<std::uint8_t>(), n, begin, end, pass.params.input_zero);
        for (std::int64_t oh = begin; oh < end; ++oh)
            multiply(from.data + (oh - begin) * window.stride_h * from.row, window.stride_w * from.channels,
                     taps, (n * y.dim(1) + oh) * y.dim(2), y.dim(2));
    });
}

}  // namespace tern::quantized_conv2d_passes
