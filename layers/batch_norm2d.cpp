#include "tern/layers/batch_norm2d.hpp"

#include "tern/kernels/batch_norm/batch_norm.hpp"
#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/update_statistics/update_statistics.hpp"
#include "tern/layers/initialize.hpp"

namespace tern {
namespace {

const char* const kWhere = "BatchNorm2d";

}  // namespace

BatchNorm2d::BatchNorm2d(std::int64_t channels, const BatchNorm2dOptions& options) : options_(options) {
    TERN_CHECK(channels >= 1, kWhere, "channels must be at least 1, got ", channels);
    TERN_CHECK(options.epsilon > 0, kWhere, "epsilon must be above 0, got ", options.epsilon);
    TERN_CHECK(options.momentum >= 0 && options.momentum <= 1, kWhere, "momentum must be in [0, 1], got ",
               options.momentum);
    weight_ = Tensor::full({channels}, 1);
    bias_ = Tensor::zeros({channels});
    running_mean_ = Tensor::zeros({channels});
    running_var_ = Tensor::full({channels}, 1);
    num_batches_tracked_ = Tensor::zeros({}, DType::int64);
    add_parameter("weight", weight_);
    add_parameter("bias", bias_);
    add_buffer("running_mean", running_mean_);
    add_buffer("running_var", running_var_);
    add_buffer("num_batches_tracked", num_batches_tracked_);
}

std::string BatchNorm2d::type() const {
    return options_.activation == Activation::none ? "BatchNorm2d"
                                                   : to_text("BatchNorm2d+", name_of(options_.activation));
}

Tensor BatchNorm2d::normalized(const Tensor& input, const Tensor& residual) {
    const NormalizeParams params{options_.epsilon, options_.activation};
    if (!training()) return normalize(input, running_mean_, running_var_, weight_, bias_, params, residual);
    const std::int64_t values = input.numel() / weight_.numel();
    TERN_CHECK(values > 1, kWhere, "training needs more than 1 value per channel, got input ", input.shape());
    const BatchNormResult result = batch_norm(input, weight_, bias_, params, residual);
    update_statistics(running_mean_, running_var_, num_batches_tracked_, result.mean, result.variance,
                      {options_.momentum, values});
    return result.output;
}

void BatchNorm2d::initialize_own(Initializer& initializer) {
    initializer.constant(weight_, 1);
    initializer.constant(bias_, 0);
}

}  // namespace tern
