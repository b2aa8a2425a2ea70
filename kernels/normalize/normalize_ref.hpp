// A normalisation as the references compute it: element by element.
#pragma once

#include <cmath>

#include "tern/kernels/activation/activation_ref.hpp"
#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/shared/reference.hpp"

namespace tern::ref {

template <class T>
struct Normalization {
    using Real = Compute<T>;

    std::vector<Real> x, residual;              // (rows, C); residual may be empty
    std::vector<Real> mean, inverse_deviation;  // (C)
    std::vector<Real> gamma, beta;              // (C)
    ActivationParams activation;

    Normalization(const Tensor& input, const Tensor& input_mean, const Tensor& variance, const Tensor& scale,
                  const Tensor& shift, const Tensor& added, const NormalizeParams& params)
        : x(upcast<T>(input)),
          mean(upcast<Real>(input_mean)),
          inverse_deviation(upcast<Real>(variance)),
          gamma(upcast<Real>(scale)),
          beta(upcast<Real>(shift)),
          activation{params.activation, params.slope} {
        if (added) residual = upcast<T>(added);
        for (Real& value : inverse_deviation)
            value = 1 / std::sqrt(value + static_cast<Real>(params.epsilon));
    }

    /// Of a pass with these tensors and NormalizeParams.
    template <class Pass>
    explicit Normalization(const Pass& pass)
        : Normalization(pass.x, pass.mean, pass.variance, pass.gamma, pass.beta, pass.residual, pass.params) {
    }

    std::size_t channel(std::size_t i) const { return i % mean.size(); }
    Real distance(std::size_t i) const { return x[i] - mean[channel(i)]; }
    Real before_activation(std::size_t i) const {
        const std::size_t c = channel(i);
        const Real z = gamma[c] * (distance(i) * inverse_deviation[c]) + beta[c];
        return residual.empty() ? z : z + residual[i];
    }
    Real output(std::size_t i) const { return activated(activation, before_activation(i)); }
    /// The gradient before the activation, from the gradient after it.
    Real gradient(std::size_t i, Real dy) const {
        return activation_gradient(activation, before_activation(i), dy);
    }
    /// All gradients, from that of the output; dx and dresidual where they are defined. Sums over the rows
    /// are in float64, as those of a batch norm.
    void store_gradients(const std::vector<Real>& dy, const Tensor& dx, const Tensor& dresidual,
                         const Tensor& dmean, const Tensor& dvariance, const Tensor& dgamma,
                         const Tensor& dbeta) const {
        std::vector<double> sums(mean.size()), products(mean.size());
        for (std::size_t i = 0; i < dy.size(); ++i) {
            const std::size_t c = channel(i);
            const Real dz = gradient(i, dy[i]);
            sums[c] += dz;
            products[c] += dz * distance(i);
            if (dx) dx.data<T>()[i] = static_cast<T>(gamma[c] * inverse_deviation[c] * dz);
            if (dresidual) dresidual.data<T>()[i] = static_cast<T>(dz);
        }
        for (std::size_t c = 0; c < sums.size(); ++c) {
            const Real r = inverse_deviation[c];
            dmean.data<Real>()[c] = static_cast<Real>(-gamma[c] * r * sums[c]);
            dvariance.data<Real>()[c] = static_cast<Real>(-gamma[c] * r * r * r * products[c] / 2);
            dgamma.data<Real>()[c] = static_cast<Real>(r * products[c]);
            dbeta.data<Real>()[c] = static_cast<Real>(sums[c]);
        }
    }
};

}  // namespace tern::ref
