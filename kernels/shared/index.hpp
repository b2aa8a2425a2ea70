// Indices along a dimension, of int32 or int64.
#pragma once

#include <cstdint>

#include "tern/core/tensor.hpp"

namespace tern {

/// Calls `function`, a template of one type, with that of the index.
template <class F>
void visit_index(const Tensor& index, F function) {
    if (index.dtype() == DType::int32)
        function.template operator()<std::int32_t>();
    else
        function.template operator()<std::int64_t>();
}

/// Throws Error in the name of `where` for an index on another device than `input`, and for one on the CPU with
/// a number outside [0, extent). Looking at one on a GPU would stop the stream: kernels stop there.
void check_index(const char* where, const Tensor& input, const Tensor& index, std::int64_t extent);

}  // namespace tern
