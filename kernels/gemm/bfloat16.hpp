// Matrix products of numbers rounded to bfloat16, with float32 sums.
#pragma once

#include "tern/kernels/gemm/tile.hpp"

namespace tern::gemm {

/// Whether this machine has AVX512-BF16, whose instruction adds two products to each of 16 sums.
bool has_bfloat16_products();

/// What multiply() does with Products::bfloat16. Without the instructions above the operands are rounded and
/// multiplied in float32: the same products, another order of the sums, and slower than float32 alone.
void multiply_in_bfloat16(const Block& block);

}  // namespace tern::gemm
