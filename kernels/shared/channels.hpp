// Tensors of channels: (..., C) seen as rows of C numbers, and vectors with a number per channel.
#pragma once

#include <cstdint>

#include "tern/core/tensor.hpp"

namespace tern {

/// How many rows of C numbers a tensor (..., C) has; 1 or more dimensions.
std::int64_t rows_of(const Shape& shape);

/// Throws Error in the name of `where` unless `input` is (..., C) of a floating-point type.
void check_rows(const char* where, const Tensor& input);

/// Throws Error in the name of `where` unless `vector` is (C) of the type that statistics of `input` have
/// (compute_dtype()), on its device.
void check_channel_vector(const char* where, const char* what, const Tensor& vector, const Tensor& input);

/// Throws Error in the name of `where` unless `tensor` has the input's shape, type and device.
void check_same_kind(const char* where, const char* what, const Tensor& tensor, const Tensor& input);

}  // namespace tern
