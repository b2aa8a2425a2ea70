// The passes of a normalisation over memory, for normalize and batch_norm. All float32.
#pragma once

#include <vector>

#include "tern/kernels/normalize/normalize.hpp"

namespace tern {

/// A normalisation in the form that the loops use: z = scale (x - mean) + shift [+ residual],
/// y = activation(z).
class NormalizeCpu {
  public:
    NormalizeCpu(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& gamma,
                 const Tensor& beta, const Tensor& residual, const NormalizeParams& params);

    /// Of a pass with these tensors and NormalizeParams.
    template <class Pass>
    explicit NormalizeCpu(const Pass& pass)
        : NormalizeCpu(pass.x, pass.mean, pass.variance, pass.gamma, pass.beta, pass.residual, pass.params) {}

    void forward(const Tensor& y) const;
    /// y of `rows` rows from the `row`-th on.
    void forward_rows(std::int64_t row, std::int64_t rows, float* y) const;

    struct Sums {                            // over the rows, per channel; dz = dy activation'(z)
        std::vector<double> dz, dz_centred;  // sum dz, sum dz (x - mean)
    };
    Sums reduce(const Tensor& dy) const;
    struct GradientsOfOutput {  // their sum is dy
        const float *first, *second = nullptr;
    };
    struct GradientsOfInputs {
        float *x, *residual = nullptr;
    };
    /// dx = scale dz and dresidual = dz of some rows, and their share of the sums; dx may be the memory of
    /// dy.first.
    void backward_rows(std::int64_t row, std::int64_t rows, const GradientsOfOutput& dy,
                       const GradientsOfInputs& to, double* dz, double* dz_centred) const;
    /// The gradients of gamma, beta, mean and variance, (C) each.
    void store_gradients(const Sums& sums, const Tensor& dgamma, const Tensor& dbeta, const Tensor& dmean,
                         const Tensor& dvariance) const;
    /// The sums of parts (parts, 2, C), dz and dz_centred, in their order.
    static Sums sum_parts(const Tensor& parts);

    struct Slopes {  // of dx, per channel; undefined: 0
        Tensor centred, constant;
    };
    /// dx = scale dz + slopes.centred (x - mean) + slopes.constant, and dresidual = dz where it is defined.
    void backward_input(const Tensor& dy, const Slopes& slopes, const Tensor& dx,
                        const Tensor& dresidual) const;

    /// 1 / sqrt(variance + epsilon)
    double inverse_deviation(std::int64_t channel) const {
        return inverse_deviations_[static_cast<std::size_t>(channel)];
    }
    std::int64_t rows() const { return rows_; }
    /// y = relu(x), as a batch norm that was folded into the layer before it leaves it.
    bool is_only_relu() const { return identity_ && is_relu(); }

  private:
    bool is_linear() const { return activation_.activation == Activation::none; }
    /// With no residual before it: in one loop each way, for it is between all layers of the models.
    bool is_relu() const { return activation_.activation == Activation::relu && !residual_; }
    /// Mean, variance and weights of a batch norm that was folded into the layer before it: only what follows
    /// is left to do.
    bool is_identity() const;
    const float* gradient_of_tile(std::int64_t row, std::int64_t rows, const float* dy, float* dz) const;
    void affine_tile(std::int64_t row, std::int64_t rows, float* z) const;

    Tensor x_, mean_, scale_, shift_, gamma_, residual_;
    ActivationParams activation_;
    std::int64_t rows_, channels_;
    bool identity_ = false;
    std::vector<double> inverse_deviations_;
};

}  // namespace tern
