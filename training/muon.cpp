#include "tern/training/muon.hpp"

#include <algorithm>
#include <cmath>

#include "tern/core/autograd.hpp"
#include "tern/core/fill.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/compare/compare.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/matmul/matmul.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/kernels/where/where.hpp"

namespace tern {
namespace {

const char* const kWhere = "muon";

using Slice = FlatParameters::Slice;

std::vector<Slice> matrices_of(const FlatParameters& parameters) {
    std::vector<Slice> weights;
    for (const Slice& slice : parameters.slices())
        if (slice.parameter.rank() >= 2) weights.push_back(slice);
    if (weights.size() <= 2) return {};
    weights.pop_back();
    weights.erase(weights.begin());
    std::erase_if(weights, [](const Slice& slice) {
        return slice.parameter.rank() > 2 && slice.parameter.dim(1) == 1;  // depthwise
    });
    return weights;
}

Tensor part(const Tensor& flat, const Slice& slice) {
    return flat.slice(slice.begin, slice.begin + slice.count);
}

// Singular values of x become numbers near 1.
Tensor orthogonalized(Tensor x) {
    const bool tall = x.dim(0) > x.dim(1);
    x = x / (sqrt(sum(square(x))) + 1e-7);
    for (int i = 0; i < 5; ++i) {
        const Tensor a = matmul(x, x, tall, !tall);  // over the longer side
        const Tensor b = a * -4.7750 + matmul(a, a) * 2.0315;
        x = x * 3.4445 + (tall ? matmul(x, b) : matmul(b, x));
    }
    return x;
}

}  // namespace

Muon::Muon(FlatParameters parameters, double learning_rate, const MuonParams& params,
           const Tensor& decay_mask)
    : Optimizer(std::move(parameters), learning_rate, decay_mask),
      params_(params),
      matrices_(matrices_of(this->parameters())),
      rate_ratio_(params.auxiliary_rate / learning_rate),
      buffer_(make_buffer()),
      moment1_(make_buffer()),
      moment2_(make_buffer()),
      step_(Tensor::zeros({}, DType::int64, buffer_.device())),
      direction_(make_buffer()),
      direction_rate_(Tensor::full({}, params.momentum - 1, DType::float64, buffer_.device())),
      auxiliary_rate_tensor_(Tensor::full({}, learning_rate * rate_ratio_, DType::float64, buffer_.device())),
      is_auxiliary_(Tensor::full(buffer_.shape(), 1, DType::uint8, buffer_.device())),
      one_(Tensor::full({}, 1, DType::float32, buffer_.device())),
      arena_(buffer_.device()) {
    TERN_CHECK(!matrices_.empty(), kWhere,
               "the model has no weights that are matrices between its first and its last");
    TERN_CHECK(params.momentum > 0 && params.momentum < 1, kWhere, "the momentum must be in (0, 1), got ",
               params.momentum);
    TERN_CHECK(learning_rate > 0, kWhere, "the learning rate must be above 0, got ", learning_rate);
    TERN_CHECK(params.auxiliary.epsilon > 0, kWhere, "epsilon must be above 0, got ",
               params.auxiliary.epsilon);
    for (const Slice& slice : matrices_) part(is_auxiliary_, slice).fill_zero();
    auxiliary_mask_ = cast(is_auxiliary_, buffer_.dtype());
    if (decay_mask) auxiliary_mask_ = auxiliary_mask_ * decay_mask;
}

void Muon::rate_changed() { fill(auxiliary_rate_tensor_, learning_rate() * rate_ratio_); }

void Muon::update(const Tensor& gradient_factor) {
    const NoGrad no_grad;
    const StepArena::Scope scope(arena_);
    const Tensor &values = parameters().values(), &gradients = parameters().gradients();
    // What a step of this rate makes of zeros is the direction, which stays 0 where the factor is.
    direction_.fill_zero();
    sgd_step(direction_, buffer_, gradients, direction_rate_,
             {.momentum = params_.momentum, .nesterov = true}, gradient_factor);
    const Tensor taken = gradient_factor ? where(equal(gradient_factor, 0), 0.0, one_) : Tensor();
    for (const Slice& slice : matrices_) {
        const std::int64_t rows = slice.parameter.dim(0), columns = slice.count / rows;
        const double scale =
            std::sqrt(std::max(1.0, static_cast<double>(rows) / static_cast<double>(columns)));
        const Tensor change = orthogonalized(part(direction_, slice).reshape({rows, columns})) * scale;
        sgd_step(part(values, slice), {}, change.reshape({slice.count}), rate_tensor(),
                 {.weight_decay = params_.auxiliary.weight_decay}, taken);
    }
    adam_step(values, moment1_, moment2_, step_, where(is_auxiliary_, gradients, 0.0), auxiliary_rate_tensor_,
              params_.auxiliary, gradient_factor, auxiliary_mask_);
}

NamedTensors Muon::state() const {
    return {{"momentum", buffer_}, {"moment1", moment1_}, {"moment2", moment2_}, {"step", step_}};
}

}  // namespace tern
