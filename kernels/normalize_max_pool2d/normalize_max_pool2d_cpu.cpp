// The rows under one row of windows are normalised into a buffer that slides down the image. Backward, the
// rows of dx in the cache hold the pool's gradient until no later window adds to it; then it goes through the
// normalisation where it is: the memory sees x, dy and dx once.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/normalize_max_pool2d/normalize_max_pool2d_cpu.cpp"
#include <algorithm>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/gemm/panels.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_loops_cpu.hpp"
#include "tern/kernels/normalize/normalize_cpu.hpp"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d_passes.hpp"
#include "tern/kernels/shared/bands.hpp"
#include "tern/kernels/shared/sliding_rows_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::normalize_max_pool2d_passes::HWY_NAMESPACE {

using max_pool2d_passes::Geometry;

void forward_windows(const Geometry& g, const float* a, float* y) {
    max_pool2d_passes::HWY_NAMESPACE::forward_windows(g, a, y);
}

void backward_windows(const Geometry& g, const float* dy, const float* a, float* da) {
    max_pool2d_passes::HWY_NAMESPACE::backward_windows(g, dy, a, da);
}

}  // namespace tern::normalize_max_pool2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::normalize_max_pool2d_passes {
namespace {

HWY_EXPORT(forward_windows);
HWY_EXPORT(backward_windows);

using max_pool2d_passes::Geometry;

// Partial sums that all images have at most, backward.
constexpr std::int64_t kTasks = 16;

template <class Pass>
NormalizeCpu normalization(const Pass& pass) {
    return {pass.x, pass.mean, pass.variance, pass.gamma, pass.beta, kNoTensor, pass.params.normalize};
}

/// The normalised rows of one image that a row of windows spans.
class Activations {
  public:
    Activations(const Geometry& g, const NormalizeCpu& norm, std::int64_t image)
        : g_(g),
          norm_(norm),
          first_pixel_(image * g.height * g.width),
          sliding_(gemm::thread_buffer(SlidingRows::kWindows * span() * g.row_size()), span(), g.row_size()) {
    }

    /// In the order of the rows of windows.
    Rows under(std::int64_t oh) {
        return sliding_.slide(g_.first_row(oh), g_.end_row(oh),
                              [&](std::int64_t row, std::int64_t count, float* to) {
                                  norm_.forward_rows(first_pixel_ + row * g_.width, count * g_.width, to);
                              });
    }

  private:
    std::int64_t span() const { return std::min(g_.window.span_h(), g_.height); }

    const Geometry& g_;
    const NormalizeCpu& norm_;
    std::int64_t first_pixel_;
    SlidingRows sliding_;
};

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const Geometry g(x.shape(), y.shape(), pass.params.window);
    const NormalizeCpu norm = normalization(pass);
    const auto pool_rows = [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
        Activations activations(g, norm, n);
        for (std::int64_t oh = begin; oh < end; ++oh) HWY_DYNAMIC_DISPATCH(forward_windows)
        (g.rows_of_windows(oh, oh + 1), activations.under(oh).data,
         y.data<float>() + (n * g.out_height + oh) * g.out_width * g.channels);
    };
    for_each_band(x.dim(0), g.out_height, g.out_height, pool_rows);
}

void run(Cpu, const Backward& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy;
    const Geometry g(x.shape(), dy.shape(), pass.params.window);
    const NormalizeCpu norm = normalization(pass);
    const Tensor dx = pass.dx ? pass.dx : Tensor::empty(x.shape());  // the pool's gradient needs a place
    const auto run_image = [&](std::int64_t n, double* dz, double* dz_centred) {
        Activations activations(g, norm, n);
        float* const image = dx.data<float>() + n * g.image_size();
        std::int64_t zeroed = 0, done = 0;  // rows of dx
        for (std::int64_t oh = 0; oh < g.out_height; ++oh) {
            const std::int64_t until = oh + 1 < g.out_height ? g.first_row(oh + 1) : g.height;
            const std::int64_t last = std::max(g.end_row(oh), until);
            std::fill(image + zeroed * g.row_size(), image + last * g.row_size(), 0.0f);
            zeroed = last;
            HWY_DYNAMIC_DISPATCH(backward_windows)
            (g.rows_of_windows(oh, oh + 1),
             dy.data<float>() + (n * g.out_height + oh) * g.out_width * g.channels,
             activations.under(oh).data, image + g.first_row(oh) * g.row_size());
            float* const rows = image + done * g.row_size();
            norm.backward_rows((n * g.height + done) * g.width, (until - done) * g.width, {rows}, {rows}, dz,
                               dz_centred);
            done = until;
        }
    };
    const std::int64_t images = x.dim(0);
    const std::int64_t chunk = std::max<std::int64_t>((images + kTasks - 1) / kTasks, 1);
    const Tensor sums = Tensor::zeros({(images + chunk - 1) / chunk, 2, g.channels}, DType::float64);
    parallel_chunks(images, chunk, [&](std::int64_t part, std::int64_t begin, std::int64_t end) {
        double* const dz = sums.data<double>() + part * 2 * g.channels;
        for (std::int64_t n = begin; n < end; ++n) run_image(n, dz, dz + g.channels);
    });
    norm.store_gradients(NormalizeCpu::sum_parts(sums), pass.dgamma, pass.dbeta, pass.dmean, pass.dvariance);
}

}  // namespace tern::normalize_max_pool2d_passes
#endif
