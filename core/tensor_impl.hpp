// The inside of a tensor handle; for core's own files.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct Tensor::Impl {
    std::shared_ptr<Storage> storage;
    std::int64_t offset = 0;  // bytes
    Shape shape;
    DType dtype = DType::float32;

    bool requires_grad = false;
    std::shared_ptr<Function> grad_function;  // null for leaves
    int output_index = 0;                     // which output of grad_function
    Tensor grad;
    bool grad_is_zero = false;  // and nobody has been given it since
    std::function<void(const Tensor&)> grad_hook;
};

}  // namespace tern
