#include "tern/layers/flat_parameters.hpp"

#include "tern/core/memory/memory.hpp"

namespace tern {
namespace {

const char* const kWhere = "FlatParameters";

}  // namespace

FlatParameters::FlatParameters(Module& module) {
    NamedTensors parameters = module.parameters();
    TERN_CHECK(!parameters.empty(), kWhere, module.type(), " has no parameters");
    std::erase_if(parameters, [](const NamedTensor& parameter) { return !parameter.tensor.requires_grad(); });
    TERN_CHECK(!parameters.empty(), kWhere, "all parameters of ", module.type(), " are frozen");
    const Tensor& first = parameters.front().tensor;
    const std::int64_t element = size_of(first.dtype());
    std::int64_t size = 0;
    for (const auto& [name, tensor] : parameters) {
        TERN_CHECK(tensor.dtype() == first.dtype() && tensor.device() == first.device(), kWhere,
                   "parameters must be of one dtype on one device: ", parameters.front().name, " is ", first,
                   ", ", name, " is ", tensor);
        slices_.push_back({name, tensor, size, tensor.numel()});
        size += static_cast<std::int64_t>(aligned_size(static_cast<std::size_t>(tensor.bytes()))) / element;
    }
    values_ = Tensor::zeros({size}, first.dtype(), first.device());
    gradients_ = Tensor::zeros({size}, first.dtype(), first.device());
    for (Slice& slice : slices_) {
        Tensor& parameter = slice.parameter;
        const std::int64_t offset = slice.begin * element;
        parameter.rebind(values_.storage(), offset);
        parameter.set_grad(
            Tensor::view_of(gradients_.storage(), offset, parameter.shape(), parameter.dtype()));
        parameter.mark_grad_zero();
    }
}

void FlatParameters::zero_grad() const {
    gradients_.fill_zero();
    for (const Slice& slice : slices_) slice.parameter.mark_grad_zero();
}

}  // namespace tern
