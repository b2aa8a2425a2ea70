// Products of bytes with AMX: 16 x 16 sums of 64 products each by one instruction.
#pragma once

#include "tern/kernels/gemm/bytes.hpp"

namespace tern::gemm {

/// Whether this machine has AMX for bytes and lets this process use it.
bool may_use_amx();

/// Whether it may, and the block has at least 8 quads in a row, which is where it is faster than VNNI.
bool takes_amx(const ByteBlock& block);

/// A B of rows [first, first + rows), at most kAmxRows of them, and the panel from `column` on, of which `period` columns
/// are calculated: sums[i * period + j].
inline constexpr std::int64_t kAmxRows = 32;
void multiply_by_amx(const ByteBlock& block, std::int64_t first, std::int64_t rows, std::int64_t column,
                     std::int64_t period, std::int32_t* sums);

/// Tells the processor that this thread's tiles are not needed any more.
void release_amx();

}  // namespace tern::gemm
