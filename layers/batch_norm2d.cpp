#include "tern/layers/batch_norm2d.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/core/fill.hpp"
#include "tern/kernels/batch_norm/batch_norm.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/update_statistics/update_statistics.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/statistics_scope.hpp"
#include "tern/layers/synced_statistics.hpp"

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

// What is left to do where mean and variance are known: the running ones, or those that the input came with.
// Else nothing.
DeferredNormalize BatchNorm2d::deferred(const Features& input) {
    if (!training()) return {running_mean_, running_var_, weight_, bias_, params()};
    const SyncedStatistics* const synced = SyncedStatistics::current();
    Moments moments = input.moments();
    if (synced != nullptr) moments = synced->merged(moments.mean ? moments : channel_moments(input));
    if (!moments.mean) return {};
    update(values_per_channel(input.tensor()), moments);
    return {moments.mean, moments.variance, weight_, bias_, params()};
}

Tensor BatchNorm2d::normalized_by_batch(const Tensor& input, const Tensor& residual) {
    const std::int64_t values = values_per_channel(input);
    const BatchNormResult result = batch_norm(input, weight_, bias_, params(), residual);
    update(values, {result.mean, result.variance});
    return result.output;
}

std::int64_t BatchNorm2d::values_per_channel(const Tensor& input) const {
    std::int64_t values = input.numel() / weight_.numel();
    if (const SyncedStatistics* const synced = SyncedStatistics::current())
        values = synced->all_values(values);
    TERN_CHECK(values > 1, kWhere, "training needs more than 1 value per channel, got input ", input.shape());
    return values;
}

void BatchNorm2d::update(std::int64_t values, const Moments& moments) {
    if (const StatisticsScope* const scope = StatisticsScope::current())
        scope->take(*this, values, {moments.mean.detach(), moments.variance.detach()});
    else
        update_statistics({statistics_update(values, moments)});
}

StatisticsUpdate BatchNorm2d::statistics_update(std::int64_t values, const Moments& moments) const {
    return {running_mean_, running_var_,     num_batches_tracked_,
            moments.mean,  moments.variance, {options_.momentum, values, options_.bias_correction}};
}

Features BatchNorm2d::normalized(const Features& input, const Tensor& residual) {
    const Tensor& x = input;
    DeferredNormalize norm = deferred(input);
    if (!norm) return normalized_by_batch(x, residual);
    norm.residual = residual;
    return {x, norm, this};
}

Features BatchNorm2d::forward(Features input) { return normalized(input, {}); }

Features BatchNorm2d::operator()(Features input, Features residual) {
    return observed(std::move(input), [&](const Features& x) { return normalized(x, residual); });
}

bool BatchNorm2d::fold_into(Module& producer) {
    const NoGrad no_grad;
    const auto exact = [](const Tensor& t) { return cast(t.to(Device::cpu()), DType::float64); };
    const Tensor scale = exact(weight_) / sqrt(scale_shift(exact(running_var_), 1, options_.epsilon));
    if (!producer.absorb(scale, exact(bias_) - exact(running_mean_) * scale)) return false;
    fill(weight_, 1);
    fill(bias_, 0);
    fill(running_mean_, 0);
    fill(running_var_, 1 - options_.epsilon);
    return true;
}

void BatchNorm2d::keep_uncounted_statistics() {
    if (!options_.bias_correction || num_batches_tracked_.to(Device::cpu()).item() != 0) return;
    const auto all = [](const Tensor& tensor, double value) {
        const Tensor host = tensor.to(Device::cpu());
        return visit_floating(host.dtype(), [&]<class T>() {
            return std::ranges::all_of(host.elements<T>(),
                                       [value](T x) { return x == static_cast<T>(value); });
        });
    };
    if (all(running_mean_, 0) && all(running_var_, 1)) return;
    // (1 - momentum)^t <= 2^-54 is nothing beside 1 in float64. Counts above 2^53 are not exact there.
    const double t = 54 * std::numbers::ln2 / -std::log1p(-options_.momentum);
    fill(num_batches_tracked_, std::ceil(std::clamp(t, 1.0, 0x1p53)));
}

void BatchNorm2d::initialize_own(Initializer& initializer) {
    initializer.constant(weight_, 1);
    initializer.constant(bias_, 0);
}

}  // namespace tern
