// Tile by tile, so that every tensor crosses the memory once per pass: z of a tile, then its activation (or
// the gradient through it) while it is in the cache.
#include "tern/kernels/normalize/normalize_cpu.hpp"

#include <algorithm>
#include <cmath>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/activation/activation_cpu.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/shared/channel_rows_cpu.hpp"
#include "tern/kernels/shared/channels.hpp"

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
      gamma_(gamma),
      residual_(residual),
      activation_{params.activation, params.slope},
      rows_(rows_of(x.shape())),
      channels_(x.dim(-1)) {
    const float *const variances = variance.data<float>(), *const gammas = gamma.data<float>();
    float* const scales = scale_.data<float>();
    inverse_deviations_.reserve(static_cast<std::size_t>(channels_));
    for (std::int64_t c = 0; c < channels_; ++c) {
        const double inverse = 1 / std::sqrt(static_cast<double>(variances[c]) + params.epsilon);
        inverse_deviations_.push_back(inverse);
        scales[c] = static_cast<float>(static_cast<double>(gammas[c]) * inverse);
    }
    identity_ = is_identity();
}

bool NormalizeCpu::is_identity() const {
    const auto all = [](const Tensor& tensor, float value) {
        return std::ranges::all_of(tensor.elements<float>(), [value](float x) { return x == value; });
    };
    return all(scale_, 1) && all(mean_, 0) && all(shift_, 0);
}

void NormalizeCpu::affine_tile(std::int64_t row, std::int64_t rows, float* z) const {
    rows::affine(rows, channels_, row_of(x_, row, channels_), mean_.data<float>(), scale_.data<float>(),
                 shift_.data<float>(), row_of(residual_, row, channels_), z);
}

// dz of the rows, in `dz`; dy itself where nothing is activated and `dz` is null.
const float* NormalizeCpu::gradient_of_tile(std::int64_t row, std::int64_t rows, const float* dy,
                                            float* dz) const {
    if (is_linear() && dz == nullptr) return dy;
    if (!is_linear()) affine_tile(row, rows, dz);
    activation_gradient_cpu(activation_, dz, dy, dz, rows * channels_);
    return dz;
}

void NormalizeCpu::forward_rows(std::int64_t row, std::int64_t rows, float* y) const {
    rows::for_each_tile(row, row + rows, channels_, [&](std::int64_t first, std::int64_t count) {
        float* z = y + (first - row) * channels_;
        if (identity_) {
            const float* const x = row_of(x_, first, channels_);
            if (residual_) rows::add(count, channels_, x, row_of(residual_, first, channels_), z);
            if (!residual_ || !is_linear())
                activate_cpu(activation_, residual_ ? z : x, z, count * channels_);
            return;
        }
        if (is_relu()) {
            rows::affine_relu(count, channels_, row_of(x_, first, channels_), mean_.data<float>(),
                              scale_.data<float>(), shift_.data<float>(), z);
            return;
        }
        affine_tile(first, count, z);
        if (!is_linear()) activate_cpu(activation_, z, z, count * channels_);
    });
}

void NormalizeCpu::forward(const Tensor& y) const {
    const std::int64_t piece = piece_size(rows_, rows::tile_rows(channels_), rows::chunk_rows(channels_));
    parallel_for(rows_, piece, [&](std::int64_t begin, std::int64_t end) {
        forward_rows(begin, end - begin, row_of(y, begin, channels_));
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
            const float* dz = gradient_of_tile(row, count, row_of(dy, row, channels_),
                                               is_linear() ? nullptr : scratch.data());
            rows::add_products(count, channels_, dz, row_of(x_, row, channels_), mean_.data<float>(), sums,
                               sums + channels_);
        });
    });
    return sum_parts(partial);
}

NormalizeCpu::Sums NormalizeCpu::sum_parts(const Tensor& parts) {
    const auto channels = static_cast<std::size_t>(parts.dim(2));
    Sums total{std::vector<double>(channels), std::vector<double>(channels)};
    const double* sums = parts.data<double>();
    for (std::int64_t part = 0; part < parts.dim(0); ++part, sums += 2 * channels) {
        for (std::size_t c = 0; c < channels; ++c) {
            total.dz[c] += sums[c];
            total.dz_centred[c] += sums[channels + c];
        }
    }
    return total;
}

void NormalizeCpu::backward_rows(std::int64_t row, std::int64_t rows, const GradientsOfOutput& dy,
                                 const GradientsOfInputs& to, double* dz, double* dz_centred) const {
    std::vector<float> scratch(
        static_cast<std::size_t>(is_linear() || is_relu() ? 0 : rows::tile_rows(channels_) * channels_));
    rows::for_each_tile(row, row + rows, channels_, [&](std::int64_t first, std::int64_t count) {
        const auto tile = [at = (first - row) * channels_](auto* image) {
            return image ? image + at : nullptr;
        };
        const float *grad = tile(dy.first), *more = tile(dy.second), *const x = row_of(x_, first, channels_);
        if (is_linear()) {
            rows::affine_gradient(count, channels_, grad, more, x, mean_.data<float>(), scale_.data<float>(),
                                  tile(to.x), tile(to.residual), dz, dz_centred);
            return;
        }
        if (is_relu()) {
            rows::affine_relu_gradient(count, channels_, grad, more, x, mean_.data<float>(),
                                       scale_.data<float>(), shift_.data<float>(), tile(to.x), dz,
                                       dz_centred);
            return;
        }
        if (more != nullptr) {
            rows::add(count, channels_, grad, more, tile(to.x));
            grad = tile(to.x);
        }
        grad = gradient_of_tile(first, count, grad, scratch.data());
        rows::affine_gradient(count, channels_, grad, nullptr, x, mean_.data<float>(), scale_.data<float>(),
                              tile(to.x), tile(to.residual), dz, dz_centred);
    });
}

void NormalizeCpu::store_gradients(const Sums& sums, const Tensor& dgamma, const Tensor& dbeta,
                                   const Tensor& dmean, const Tensor& dvariance) const {
    for (std::int64_t c = 0; c < channels_; ++c) {
        const double r = inverse_deviation(c), gamma = gamma_.data<float>()[c];
        dgamma.data<float>()[c] = static_cast<float>(r * sums.dz_centred[c]);
        dbeta.data<float>()[c] = static_cast<float>(sums.dz[c]);
        dmean.data<float>()[c] = static_cast<float>(-gamma * r * sums.dz[c]);
        dvariance.data<float>()[c] = static_cast<float>(-0.5 * gamma * r * r * r * sums.dz_centred[c]);
    }
}

void NormalizeCpu::backward_input(const Tensor& dy, const Slopes& slopes, const Tensor& dx,
                                  const Tensor& dresidual) const {
    parallel_for(rows_, rows::chunk_rows(channels_), [&](std::int64_t begin, std::int64_t end) {
        const bool needs_scratch = !is_linear() && !dresidual;
        std::vector<float> scratch(needs_scratch ? rows::tile_rows(channels_) * channels_ : 0);
        rows::for_each_tile(begin, end, channels_, [&](std::int64_t row, std::int64_t count) {
            float* place = needs_scratch ? scratch.data() : row_of(dresidual, row, channels_);
            const float* dz = gradient_of_tile(row, count, row_of(dy, row, channels_), place);
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

void run(Cpu, const Forward& pass, const Stream&) { NormalizeCpu(pass).forward(pass.y); }

void run(Cpu, const BackwardReduce& pass, const Stream&) {
    const NormalizeCpu n(pass);
    n.store_gradients(n.reduce(pass.dy), pass.dgamma, pass.dbeta, pass.dmean, pass.dvariance);
}

void run(Cpu, const BackwardInput& pass, const Stream&) {
    NormalizeCpu(pass).backward_input(pass.dy, {}, pass.dx, pass.dresidual);
}

}  // namespace normalize_passes
}  // namespace tern
