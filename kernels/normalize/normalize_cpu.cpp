// Tile by tile, so that every tensor crosses the memory once per pass: z of a tile, then its activation (or
// the gradient through it) while it is in the cache.
#include "tern/kernels/normalize/normalize_cpu.hpp"

#include <cmath>

#include "tern/core/parallel.hpp"
#include "tern/kernels/activation/activation_cpu.hpp"
#include "tern/kernels/channel_rows_cpu.hpp"
#include "tern/kernels/channels.hpp"
#include "tern/kernels/op.hpp"

namespace tern {

namespace rows = channel_rows;

namespace {

// The first element of a row; null for an undefined tensor.
float* row_of(const Tensor& tensor, std::int64_t row, std::int64_t channels) {
    return tensor ? tensor.data<float>() + row * channels : nullptr;
}

}  // namespace

NormalizeCpu::NormalizeCpu(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& gamma,
                           const Tensor& beta, const Tensor& residual, const NormalizeParams& params)
    : x_(x),
      mean_(mean),
      scale_(Tensor::empty(gamma.shape())),
      shift_(beta),
      residual_(residual),
      activation_{params.activation, params.slope},
      rows_(rows_of(x.shape())),
      channels_(x.dim(-1)) {
    for (std::int64_t c = 0; c < channels_; ++c) {
        const double inverse = 1 / std::sqrt(static_cast<double>(variance.data<float>()[c]) + params.epsilon);
        inverse_deviations_.push_back(inverse);
        scale_.data<float>()[c] = static_cast<float>(static_cast<double>(gamma.data<float>()[c]) * inverse);
    }
}

void NormalizeCpu::affine_tile(std::int64_t row, std::int64_t rows, float* z) const {
    rows::affine(rows, channels_, row_of(x_, row, channels_), mean_.data<float>(), scale_.data<float>(),
                 shift_.data<float>(), row_of(residual_, row, channels_), z);
}

// dz of the rows, in `dz`; dy itself where nothing is activated and `dz` is null.
const float* NormalizeCpu::gradient_of_tile(std::int64_t row, std::int64_t rows, const Tensor& dy,
                                            float* dz) const {
    const float* grad = row_of(dy, row, channels_);
    if (is_linear() && dz == nullptr) return grad;
    if (!is_linear()) affine_tile(row, rows, dz);
    activation_gradient_cpu(activation_, dz, grad, dz, rows * channels_);
    return dz;
}

void NormalizeCpu::forward(const Tensor& y) const {
    parallel_for(rows_, rows::chunk_rows(channels_), [&](std::int64_t begin, std::int64_t end) {
        rows::for_each_tile(begin, end, channels_, [&](std::int64_t row, std::int64_t count) {
            float* z = row_of(y, row, channels_);
            affine_tile(row, count, z);
            if (!is_linear()) activate_cpu(activation_, z, z, count * channels_);
        });
    });
}

NormalizeCpu::Sums NormalizeCpu::reduce(const Tensor& dy) const {
    const std::int64_t chunk_rows = rows::chunk_rows(channels_);
    const std::int64_t chunks = (rows_ + chunk_rows - 1) / chunk_rows;
    const Tensor partial = Tensor::zeros({chunks, 2, channels_}, DType::float64);
    parallel_chunks(rows_, chunk_rows, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
        std::vector<float> scratch(is_linear() ? 0 : rows::tile_rows(channels_) * channels_);
        double* sums = partial.data<double>() + chunk * 2 * channels_;
        rows::for_each_tile(begin, end, channels_, [&](std::int64_t row, std::int64_t count) {
            const float* dz = gradient_of_tile(row, count, dy, is_linear() ? nullptr : scratch.data());
            rows::add_products(count, channels_, dz, row_of(x_, row, channels_), mean_.data<float>(), sums,
                               sums + channels_);
        });
    });
    Sums total{std::vector<double>(channels_), std::vector<double>(channels_)};
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
        const double* sums = partial.data<double>() + chunk * 2 * channels_;
        for (std::int64_t c = 0; c < channels_; ++c) {
            total.dz[c] += sums[c];
            total.dz_centred[c] += sums[channels_ + c];
        }
    }
    return total;
}

void NormalizeCpu::backward_input(const Tensor& dy, const Slopes& slopes, const Tensor& dx,
                                  const Tensor& dresidual) const {
    parallel_for(rows_, rows::chunk_rows(channels_), [&](std::int64_t begin, std::int64_t end) {
        const bool needs_scratch = !is_linear() && !dresidual;
        std::vector<float> scratch(needs_scratch ? rows::tile_rows(channels_) * channels_ : 0);
        rows::for_each_tile(begin, end, channels_, [&](std::int64_t row, std::int64_t count) {
            float* place = needs_scratch ? scratch.data() : row_of(dresidual, row, channels_);
            const float* dz = gradient_of_tile(row, count, dy, place);
            float* out = row_of(dx, row, channels_);
            if (slopes.centred) {
                rows::combine(count, channels_, dz, scale_.data<float>(), row_of(x_, row, channels_),
                              mean_.data<float>(), slopes.centred.data<float>(),
                              slopes.constant.data<float>(), out);
            } else {
                rows::scale(count, channels_, dz, scale_.data<float>(), out);
            }
        });
    });
}

namespace normalize_passes {
namespace {

NormalizeCpu normalization(const Problem& problem) {
    const auto& in = problem.inputs;
    return {in[0], in[1], in[2], in[3], in[4], in[5], problem.params<NormalizeParams>()};
}

}  // namespace

void forward_cpu(const Problem& problem, const Stream&) {
    normalization(problem).forward(problem.outputs[0]);
}

void backward_reduce_cpu(const Problem& problem, const Stream&) {
    const NormalizeCpu n = normalization(problem);
    const NormalizeCpu::Sums sums = n.reduce(problem.inputs[6]);
    const auto& out = problem.outputs;
    for (std::int64_t c = 0; c < out[0].numel(); ++c) {
        const double r = n.inverse_deviation(c), gamma = problem.inputs[3].data<float>()[c];
        out[0].data<float>()[c] = static_cast<float>(r * sums.dz_centred[c]);
        out[1].data<float>()[c] = static_cast<float>(sums.dz[c]);
        out[2].data<float>()[c] = static_cast<float>(-gamma * r * sums.dz[c]);
        out[3].data<float>()[c] = static_cast<float>(-0.5 * gamma * r * r * r * sums.dz_centred[c]);
    }
}

void backward_input_cpu(const Problem& problem, const Stream&) {
    normalization(problem).backward_input(problem.inputs[6], {}, problem.outputs[0], problem.outputs[1]);
}

}  // namespace normalize_passes
}  // namespace tern
