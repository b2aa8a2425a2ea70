// Matrix products by cuBLASLt: layouts, choice of algorithm, plan cache. Row-major, float32 sums.
#pragma once

#include <string>

#include "tern/core/devices/stream.hpp"
#include "tern/core/tensor.hpp"
#include "tern/kernels/dispatch/op.hpp"

namespace tern::cudnn {

/// A tensor as a matrix: all leading dimensions as rows, the last one as columns; read as it is, or
/// transposed.
struct ProductOperand {
    const Tensor& tensor;
    bool transposed = false;
};

/// Whether cuBLASLt is available and has a plan for c = a b: a deterministic algorithm within the workspace
/// limit of 32 MiB. If not, and asked for, why. Tensors on the CPU are judged as if they were on the first
/// CUDA device.
bool accepts_product(const ProductOperand& a, const ProductOperand& b, const Tensor& bias, const Tensor& c,
                     std::string* why_not);

/// c (rows of a, columns of b) = a b + bias. bias: (columns of b), or undefined. All of one type, or c float32. Throws
/// Error where accepts_product() says no.
void run_product(const ProductOperand& a, const ProductOperand& b, const Tensor& bias, const Tensor& c,
                 const Stream& stream);

}  // namespace tern::cudnn
