#include "tern/layers/rounded_parameters.hpp"

#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast_passes.hpp"

namespace tern {
namespace {

thread_local const RoundedParameters* current = nullptr;

}  // namespace

RoundedParameters::RoundedParameters(const FlatParameters& parameters, DType dtype)
    : exact_(parameters.values()), rounded_(Tensor::empty(exact_.shape(), dtype, exact_.device())) {
    TERN_CHECK(size_of(dtype) == 2, "RoundedParameters", "a type of 16 bits is needed, got ", name_of(dtype));
}

RoundedParameters::Scope::Scope(const RoundedParameters& rounded)
    : previous_(std::exchange(current, &rounded)) {
    const NoGrad no_grad;
    run_pass(cast_passes::Forward{.x = rounded.exact_, .y = rounded.rounded_});
}

RoundedParameters::Scope::~Scope() { current = previous_; }

Tensor RoundedParameters::find(const Tensor& parameter, DType dtype) {
    if (current == nullptr || dtype != current->rounded_.dtype()) return {};
    const Tensor& exact = current->exact_;
    if (parameter.storage() != exact.storage()) return {};
    const std::int64_t element =
        (parameter.storage_offset() - exact.storage_offset()) / size_of(exact.dtype());
    Tensor rounded =
        Tensor::view_of(current->rounded_.storage(), element * size_of(dtype), parameter.shape(), dtype);
    record_grad(cast_passes::Forward{.x = parameter, .y = rounded});
    return rounded;
}

}  // namespace tern
