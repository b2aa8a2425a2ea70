// Strips of about 64 pixels go through all steps while they are in L1 and L2: the memory sees the input and
// the output once each, forward, and the two and their gradients, backward. Between steps of neighbouring
// strips rows are handed on by a window that slides down the image.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/separable_conv2d/separable_conv2d_cpu.cpp"
#include <optional>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/channel_moments/channel_moments_cpu.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_3x3_cpu.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_taps_cpu.hpp"
#include "tern/kernels/gemm/panels.hpp"
#include "tern/kernels/normalize/normalize_cpu.hpp"
#include "tern/kernels/separable_conv2d/separable_conv2d_passes.hpp"
#include "tern/kernels/shared/channel_rows_cpu.hpp"
#include "tern/kernels/shared/kept_weights.hpp"
#include "tern/kernels/shared/sliding_rows_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::separable_conv2d_passes::HWY_NAMESPACE {

using depthwise_conv2d_passes::Geometry;

void depthwise_rows(const Geometry& g, const float* x, const float* taps, float* y) {
    depthwise_conv2d_passes::HWY_NAMESPACE::forward_image_3x3(g, x, taps, y);
}

// As above, with relu(x).
void depthwise_relu_rows(const Geometry& g, const float* x, const float* taps, float* y) {
    using depthwise_conv2d_passes::HWY_NAMESPACE::Relu;
    depthwise_conv2d_passes::HWY_NAMESPACE::forward_image_3x3<Relu>(g, x, taps, y);
}

void depthwise_weight_rows(const Geometry& g, const float* x, const float* dy, float* dtaps) {
    depthwise_conv2d_passes::HWY_NAMESPACE::weight_image_3x3(g, x, dy, dtaps);
}

}  // namespace tern::separable_conv2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::separable_conv2d_passes {
namespace {

HWY_EXPORT(depthwise_rows);
HWY_EXPORT(depthwise_relu_rows);
HWY_EXPORT(depthwise_weight_rows);

using depthwise_conv2d_passes::Geometry;
using gemm::Block;
using gemm::Products;

struct Size {
    std::int64_t images, height, width, in, out;

    std::int64_t pixels() const { return height * width; }
    /// Rows of an image per strip.
    std::int64_t strip() const {
        constexpr std::int64_t kPixels = 64;  // 16 KB of 64 channels, half of L1
        return std::clamp<std::int64_t>(kPixels / std::max<std::int64_t>(width, 1), 1,
                                        std::max<std::int64_t>(height, 1));
    }
    std::int64_t row(std::int64_t channels) const { return width * channels; }
    /// Rows that a strip of outputs reads, and the elements in which they slide down the image.
    std::int64_t window() const { return strip() + 2; }
    std::int64_t window_buffer() const { return SlidingRows::kWindows * window() * row(in); }
};

Size size_of(const Shape& x, std::int64_t outputs) { return {x[0], x[1], x[2], x[3], outputs}; }

/// What the depthwise part reads of one image: rows of the input as they lie, or normalised ones.
class Activations {
  public:
    /// norm: null where they are read as they lie.
    Activations(const Size& size, const Tensor& x, const NormalizeCpu* norm, std::int64_t image,
                float* buffer)
        : size_(size),
          norm_(norm),
          first_pixel_(image * size.pixels()),
          x_(x.data<float>() + first_pixel_ * size.in),
          sliding_(buffer, size.window(), size.row(size.in)) {}

    /// Rows [begin, end) go to `kept`, an image: all are made there, some are copied.
    void keep(std::int64_t begin, std::int64_t end, float* kept) {
        kept_begin_ = begin;
        kept_end_ = end;
        kept_ = kept;
    }

    /// Those that outputs [begin, end) read; in the order of the rows.
    Rows around(std::int64_t begin, std::int64_t end) {
        if (norm_ == nullptr) return {x_, 0, size_.height};
        const std::int64_t last = std::min(end + 1, size_.height);
        if (kept_ != nullptr && kept_end_ - kept_begin_ == size_.height) {
            if (made_ < last) make(made_, last - made_, kept_ + made_ * size_.row(size_.in));
            made_ = last;
            return {kept_, 0, size_.height};
        }
        return sliding_.slide(std::max<std::int64_t>(begin - 1, 0), last,
                              [&](std::int64_t row, std::int64_t count, float* to) {
                                  make(row, count, to);
                                  store(row, count, to);
                              });
    }

  private:
    void make(std::int64_t row, std::int64_t count, float* to) const {
        norm_->forward_rows(first_pixel_ + row * size_.width, count * size_.width, to);
    }

    void store(std::int64_t row, std::int64_t count, const float* from) const {
        const std::int64_t first = std::max(row, kept_begin_), last = std::min(row + count, kept_end_);
        const std::int64_t size = size_.row(size_.in);
        if (first < last)
            std::copy_n(from + (first - row) * size, (last - first) * size, kept_ + first * size);
    }

    const Size& size_;
    const NormalizeCpu* norm_;
    std::int64_t first_pixel_;
    const float* x_;
    SlidingRows sliding_;
    float* kept_ = nullptr;
    std::int64_t kept_begin_ = 0, kept_end_ = 0, made_ = 0;
};

// Rows [begin, end) of outputs of the 3x3 filter, from these of its input.
Geometry geometry(const Size& size, const Rows& from, std::int64_t begin, std::int64_t end) {
    return {from.count, size.width, end - begin, size.width, size.in, 3,
            3,          1,          1,           1,          1,       1 + from.first - begin,
            1};
}

/// Images as a row of pixels, of which products fetch some ahead; of an undefined tensor there are none.
class Pixels {
  public:
    explicit Pixels(const Tensor& images) {
        if (!images) return;
        data_ = images.data<float>();
        channels_ = images.dim(3);
    }

    float* at(std::int64_t pixel) const { return data_ == nullptr ? nullptr : data_ + pixel * channels_; }
    gemm::Ahead ahead(std::int64_t first, std::int64_t count) const { return {at(first), count * channels_}; }

  private:
    float* data_ = nullptr;
    std::int64_t channels_ = 0;
};

/// B of the products of pixels with the pointwise weights.
struct Panels {
    Tensor data;
    std::int64_t terms, columns;
    Products products;

    Panels(const gemm::Matrix& b, Products products_)
        : data(Tensor::empty({gemm::panels_size(b.rows, b.columns)})),
          terms(b.rows),
          columns(b.columns),
          products(products_) {
        gemm::pack_panels(b, data.data<float>(), terms * gemm::kPanelColumns);
    }

    /// to (pixels, columns) = from (pixels, terms) b + bias; `from` was just written or read.
    void multiply(const float* from, std::int64_t pixels, const float* bias, float* to,
                  const gemm::AheadList& ahead) const {
        Block block = gemm::block_of({from, pixels, terms, terms, 1}, columns, to, columns);
        block.b = data.data<float>();
        block.b_row = gemm::kPanelColumns;
        block.b_panel = terms * gemm::kPanelColumns;
        block.start = bias;
        block.a_cached = true;
        block.ahead = ahead;
        block.products = products;
        gemm::multiply(block);
    }
};

// Images are split where there are fewer than this many.
constexpr std::int64_t kTasks = 16;

template <class Pass>
std::optional<NormalizeCpu> normalization(const Pass& pass) {
    if (!pass.mean) return {};
    return NormalizeCpu(pass.x, pass.mean, pass.variance, pass.gamma, pass.beta, pass.residual,
                        pass.params.normalize);
}

void run_forward(const Forward& pass, Products products) {
    const Tensor &x = pass.x, &pointwise = pass.pointwise, &bias = pass.bias;
    const Tensor &y = pass.y, &mean = pass.y_mean, &kept = pass.a;
    const Size size = size_of(x.shape(), pointwise.dim(0));
    const std::optional<NormalizeCpu> norm = normalization(pass);
    // A batch norm that was folded away leaves its relu, which costs less while the filter reads x than a
    // copy.
    const bool relu = norm && norm->is_only_relu() && !kept;
    const auto taps = KeptWeights::get(
        {pass.depthwise}, 0, [&] { return depthwise_conv2d_passes::taps_first(pass.depthwise, false); });
    const auto panels = KeptWeights::get({pointwise}, static_cast<std::int64_t>(products), [&] {
        return Panels(gemm::Matrix::rows_of(pointwise).transposed(), products);
    });
    const std::int64_t strip = size.strip(), strips = (size.height + strip - 1) / strip;
    // The bands of an image read rows of each other. The partial means and variances depend on them, outputs do
    // not.
    const std::int64_t images = std::max<std::int64_t>(size.images, 1);
    const std::int64_t per_image =
        std::clamp<std::int64_t>(mean ? kTasks / images : (free_threads() + images - 1) / images, 1,
                                 std::max<std::int64_t>(strips, 1));
    const std::int64_t band = (strips + per_image - 1) / per_image * strip;
    PartialMoments moments(mean ? size.images * per_image : 0, size.out);
    const Pixels input(x), residual(pass.residual), output(y), kept_input(kept);
    parallel_for(size.images * per_image, 1, [&](std::int64_t task, std::int64_t) {
        const std::int64_t n = task / per_image, begin = task % per_image * band;
        const std::int64_t end = std::min(begin + band, size.height);
        float* const u = gemm::thread_buffer(strip * size.row(size.in) + size.window_buffer());
        Activations activations(size, x, norm && !relu ? &*norm : nullptr, n, u + strip * size.row(size.in));
        if (kept) activations.keep(begin, end, kept_input.at(n * size.pixels()));
        for (std::int64_t h = begin; h < end; h += strip) {
            const std::int64_t last = std::min(h + strip, end), pixels = (last - h) * size.width;
            const Rows a = activations.around(h, last);
            const Geometry g = geometry(size, a, h, last);
            if (relu)
                HWY_DYNAMIC_DISPATCH(depthwise_relu_rows)(g, a.data, taps->data<float>(), u);
            else
                HWY_DYNAMIC_DISPATCH(depthwise_rows)(g, a.data, taps->data<float>(), u);
            float* const z = output.at(n * size.pixels() + h * size.width);
            const std::int64_t next = (n * size.height + last) * size.width, after = strip * size.width;
            panels->multiply(u, pixels, bias ? bias.data<float>() : nullptr, z,
                             {input.ahead(next + size.width, after), residual.ahead(next + size.width, after),
                              kept_input.ahead(next + size.width, after)});
            if (mean) moments.add(task, z, pixels);
        }
    });
    if (mean) moments.store(mean, pass.y_variance);
}

/// What some images add to the gradients of all images.
struct GradientParts {
    float *pointwise, *taps;         // (O, C), (9, C)
    double *bias, *dz, *dz_centred;  // (O), (C), (C)
};

class BackwardRun {
  public:
    BackwardRun(const Backward& pass, Products products)
        : pass_(pass),
          size_(size_of(pass.x.shape(), pass.pointwise.dim(0))),
          norm_(normalization(pass)),
          taps_(depthwise_conv2d_passes::taps_first(pass.depthwise, false)),
          turned_(depthwise_conv2d_passes::taps_first(pass.depthwise, true)),
          panels_(gemm::Matrix::rows_of(pass.pointwise), products),
          x_(pass.x),
          y_(pass.y),
          dy_(pass.dy),
          residual_(pass.residual),
          dx_(pass.dx),
          dresidual_(pass.dresidual),
          more_(pass.da) {
        const Tensor &dmean = pass.dy_mean, &dvariance = pass.dy_variance;
        if (!dmean && !dvariance) return;
        one_ = Tensor::full({size_.out}, 1);
        constant_ = Tensor::zeros({size_.out});
        centred_ = Tensor::zeros({size_.out});
        const auto rows = static_cast<float>(size_.images * size_.pixels());
        for (std::int64_t o = 0; o < size_.out; ++o) {
            if (dmean) constant_.data<float>()[o] = dmean.data<float>()[o] / rows;
            if (dvariance) centred_.data<float>()[o] = 2 * dvariance.data<float>()[o] / rows;
        }
    }

    void run() const {
        // Images per partial sum, as many as leave kTasks of them.
        const std::int64_t chunk = (size_.images + kTasks - 1) / kTasks;
        const std::int64_t chunks = chunk == 0 ? 0 : (size_.images + chunk - 1) / chunk;
        const std::int64_t weights = size_.out * size_.in, taps = 9 * size_.in;
        const Tensor floats = Tensor::zeros({chunks, weights + taps});
        const Tensor doubles = Tensor::zeros({chunks, size_.out}, DType::float64);
        const Tensor reduced = Tensor::zeros({chunks, 2, size_.in}, DType::float64);
        parallel_chunks(size_.images, chunk, [&](std::int64_t part, std::int64_t begin, std::int64_t end) {
            float* const products = floats.data<float>() + part * (weights + taps);
            double* const dz = reduced.data<double>() + part * 2 * size_.in;
            const GradientParts sums{products, products + weights, doubles.data<double>() + part * size_.out,
                                     dz, dz + size_.in};
            for (std::int64_t n = begin; n < end; ++n) run_image(n, sums);
        });
        const Tensor total = Tensor::empty({weights + taps});
        gemm::sum_parts(floats.data<float>(), chunks, weights + taps, total.data<float>());
        std::copy_n(total.data<float>(), weights, pass_.dpointwise.data<float>());
        depthwise_conv2d_passes::store_taps(total.slice(weights, weights + taps), pass_.ddepthwise);
        if (pass_.dbias)
            gemm::sum_parts(doubles.data<double>(), chunks, size_.out, pass_.dbias.data<float>());
        if (norm_)
            norm_->store_gradients(NormalizeCpu::sum_parts(reduced), pass_.dgamma, pass_.dbeta, pass_.dmean,
                                   pass_.dvariance);
    }

  private:
    // The gradient of the output with what comes through its mean and variance: dy itself, or made in `to`.
    const float* gradient_rows(std::int64_t pixel, std::int64_t pixels, float* to) const {
        const float* const dy = dy_.at(pixel);
        if (!one_) return dy;
        channel_rows::combine(pixels, size_.out, dy, one_.data<float>(), y_.at(pixel),
                              pass_.y_mean.data<float>(), centred_.data<float>(), constant_.data<float>(),
                              to);
        return to;
    }

    // sums += dz^T u
    void add_pointwise(const float* dz, const float* u, std::int64_t pixels, float* packed, float* sums,
                       const gemm::AheadList& ahead) const {
        for (std::int64_t p = 0; p < pixels; p += gemm::kStepTerms) {
            const std::int64_t terms = std::min(gemm::kStepTerms, pixels - p);
            Block block = gemm::block_of({dz + p * size_.out, size_.out, terms, 1, size_.out}, size_.in, sums,
                                         size_.in);
            block.start = sums;
            block.start_row = size_.in;
            gemm::set_columns(block, {u + p * size_.in, terms, size_.in, size_.in, 1},
                              [&] { return packed; });
            if (p == 0) block.ahead = ahead;
            block.products = panels_.products;
            gemm::multiply(block);
        }
    }

    void run_image(std::int64_t n, const GradientParts& sums) const {
        const std::int64_t strip = size_.strip(), width = size_.width, row = size_.row(size_.in);
        const std::int64_t first_pixel = n * size_.pixels();
        float* const dz_buffer =
            gemm::thread_buffer(strip * size_.row(size_.out) + (2 * strip + 1) * row +
                                2 * size_.window_buffer() + gemm::panels_size(gemm::kStepTerms, size_.in));
        float* const u = dz_buffer + strip * size_.row(size_.out);
        float* const da_buffer = u + strip * row;
        float* const a_buffer = da_buffer + (strip + 1) * row;
        float* const du_buffer = a_buffer + size_.window_buffer();
        float* const packed = du_buffer + size_.window_buffer();
        Activations activations(size_, pass_.x, norm_ ? &*norm_ : nullptr, n, a_buffer);
        SlidingRows du_rows(du_buffer, size_.window(), row);
        std::int64_t done = 0;  // rows of da: one less than there are of du, but for the last strip
        for (std::int64_t h = 0; h < size_.height; h += strip) {
            const std::int64_t last = std::min(h + strip, size_.height), pixels = (last - h) * width;
            // The steps are in this order because each then reads what the one before left in L1.
            const Rows a = activations.around(h, last);
            const Geometry g = geometry(size_, a, h, last);
            HWY_DYNAMIC_DISPATCH(depthwise_rows)(g, a.data, taps_.data<float>(), u);
            const float* const dz = gradient_rows(first_pixel + h * width, pixels, dz_buffer);
            channel_rows::add_sums(pixels, size_.out, dz, sums.bias);
            // One product fetches where this strip goes in the end, the other the next one's gradient, output
            // and input, whose next row is here already.
            const std::int64_t next = first_pixel + last * width, after = strip * width,
                               begun = first_pixel + done * width;
            add_pointwise(
                dz, u, pixels, packed, sums.pointwise,
                {more_.ahead(begun, after), dx_.ahead(begun, after), dresidual_.ahead(begun, after)});
            const Rows du = du_rows.slide(
                std::max<std::int64_t>(done - 1, 0), last, [&](std::int64_t, std::int64_t count, float* to) {
                    panels_.multiply(dz, count * width, nullptr, to,
                                     {dy_.ahead(next, after), one_ ? y_.ahead(next, after) : gemm::Ahead{},
                                      x_.ahead(next + width, after), residual_.ahead(next + width, after)});
                });
            HWY_DYNAMIC_DISPATCH(depthwise_weight_rows)(g, a.data, du.data + (h - du.first) * row, sums.taps);
            const std::int64_t until = last == size_.height ? last : last - 1;
            float* const dx = dx_.at(begun);
            if (dx != nullptr || norm_) {
                float* const to = dx != nullptr ? dx : da_buffer;
                float* const da = norm_ ? da_buffer : to;
                HWY_DYNAMIC_DISPATCH(depthwise_rows)
                (geometry(size_, du, done, until), du.data, turned_.data<float>(), da);
                if (norm_)
                    norm_->backward_rows(begun, (until - done) * width, {da, more_.at(begun)},
                                         {to, dresidual_.at(begun)}, sums.dz, sums.dz_centred);
            }
            done = until;
        }
    }

    const Backward& pass_;
    Size size_;
    std::optional<NormalizeCpu> norm_;
    Tensor taps_, turned_;
    Panels panels_;
    Pixels x_, y_, dy_, residual_, dx_, dresidual_;
    Pixels more_;  // added to the gradient of the input
    Tensor one_, constant_,
        centred_;  // dz = one dy + centred (z - mean) + constant, where mean and variance have gradients
};

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) { run_forward(pass, Products::float32); }
void run(Cpu, const Backward& pass, const Stream&) { BackwardRun(pass, Products::float32).run(); }
void run(CpuBf16, const Forward& pass, const Stream&) { run_forward(pass, Products::bfloat16); }
void run(CpuBf16, const Backward& pass, const Stream&) { BackwardRun(pass, Products::bfloat16).run(); }

}  // namespace tern::separable_conv2d_passes
#endif
