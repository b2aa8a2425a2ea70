// A tile is 16 lines of up to 64 bytes: of C 16 x 16 sums, of A 16 rows of 16 quads, of B 16 quads of 16 columns. Four tiles of C
// share two of A and two of B, so that loading these takes half the time of the products.
#include "tern/kernels/gemm/bytes_amx.hpp"

#include <algorithm>
#include <atomic>

#include "tern/core/error.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <hwy/base.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tern::gemm {
namespace {

constexpr std::int64_t kLines = 16, kLineBytes = 64;

struct alignas(64) TileConfig {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t line_bytes[16] = {};
    std::uint8_t lines[16] = {};

    // C in tiles 0 to 3, A in 4 and 5, B in 6 and 7.
    TileConfig(std::int64_t upper_rows, std::int64_t lower_rows, std::int64_t quads) {
        const auto set = [this](int tile, std::int64_t count, std::int64_t bytes) {
            lines[tile] = static_cast<std::uint8_t>(count);
            line_bytes[tile] = static_cast<std::uint16_t>(count == 0 ? 0 : bytes);
        };
        for (int tile = 0; tile < 4; ++tile) set(tile, tile < 2 ? upper_rows : lower_rows, kLineBytes);
        set(4, upper_rows, quads * kQuad);
        set(5, lower_rows, quads * kQuad);
        set(6, quads, kLineBytes);
        set(7, quads, kLineBytes);
    }
};
static_assert(sizeof(TileConfig) == 64);

// Quads that a tile takes at a time: the most that divide those of a segment.
std::int64_t quads_of_tile(const ByteBlock& block) {
    std::int64_t quads = std::min(kLines, block.quads);
    while (quads > 1 && block.quads % quads != 0) --quads;
    return quads;
}

HWY_PUSH_ATTRIBUTES("amx-tile,amx-int8")

// 16 or 32 rows and 16 or 32 columns; the next row of sums is `row` further on.
template <bool kRight>
void multiply_four(const ByteBlock& block, const std::uint8_t* a, const std::int8_t* b, std::int64_t quads,
                   bool lower, std::int32_t* sums, std::int64_t row) {
    const auto a_row = static_cast<std::size_t>(block.a_row);
    const auto sum_row = static_cast<std::size_t>(row) * sizeof(std::int32_t);
    constexpr std::size_t kRow = kByteColumns * kQuad;
    // What loads a tile does not say that it reads memory.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    _tile_zero(0);
    if constexpr (kRight) _tile_zero(1);
    if (lower) {
        _tile_zero(2);
        if constexpr (kRight) _tile_zero(3);
    }
    for (const std::int64_t segment : block.segments) {
        for (std::int64_t k = 0; k < block.quads; k += quads, b += quads * kByteColumns * kQuad) {
            const std::uint8_t* const from = a + segment + k * kQuad;
            _tile_loadd(4, from, a_row);
            _tile_loadd(6, b, kRow);
            _tile_dpbusd(0, 4, 6);
            if constexpr (kRight) {
                _tile_loadd(7, b + kLineBytes, kRow);
                _tile_dpbusd(1, 4, 7);
            }
            if (!lower) continue;
            _tile_loadd(5, from + kLines * block.a_row, a_row);
            _tile_dpbusd(2, 5, 6);
            if constexpr (kRight) _tile_dpbusd(3, 5, 7);
        }
    }
    _tile_stored(0, sums, sum_row);
    if constexpr (kRight) _tile_stored(1, sums + kLines, sum_row);
    if (lower) {
        _tile_stored(2, sums + kLines * row, sum_row);
        if constexpr (kRight) _tile_stored(3, sums + kLines * row + kLines, sum_row);
    }
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

void load_config(const TileConfig& config) {
    asm volatile("" : : "r"(&config) : "memory");  // all of it is read, which the intrinsic does not say
    _tile_loadconfig(&config);
}
void release() { _tile_release(); }

HWY_POP_ATTRIBUTES

// The shape that this thread's tiles have; another costs a reload.
struct Shape {
    std::int64_t rows = 0, quads = 0;
    friend bool operator==(const Shape&, const Shape&) = default;
};
thread_local Shape loaded;

}  // namespace

bool may_use_amx() {
    if (!__builtin_cpu_supports("amx-int8")) return false;
    constexpr long kRequest = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
}

bool takes_amx(const ByteBlock& block) {
    constexpr std::int64_t kFewest = 8;
    return byte_instructions().amx && block.quads >= kFewest && quads_of_tile(block) >= kFewest;
}

void multiply_by_amx(const ByteBlock& block, std::int64_t first, std::int64_t rows, std::int64_t column,
                     std::int64_t period, std::int32_t* sums) {
    TERN_ASSERT(rows > 0 && rows <= kAmxRows && column % kByteColumns == 0 && period % kLines == 0);
    const Shape shape{rows, quads_of_tile(block)};
    if (shape != loaded) {
        load_config(
            TileConfig(std::min(rows, kLines), std::max<std::int64_t>(rows - kLines, 0), shape.quads));
        loaded = shape;
    }
    const std::int8_t* const b = block.b + column * block.all_quads() * kQuad;
    const std::uint8_t* const a = block.a + first * block.a_row;
    constexpr std::int64_t kHalf = 2 * kLines;
    if (period < kHalf) return multiply_four<false>(block, a, b, shape.quads, rows > kLines, sums, period);
    for (std::int64_t j = 0; j < period; j += kHalf)
        multiply_four<true>(block, a, b + j * kQuad, shape.quads, rows > kLines, sums + j, period);
}

void release_amx() {
    if (loaded == Shape{}) return;
    release();
    loaded = {};
}

}  // namespace tern::gemm

#else

namespace tern::gemm {

bool may_use_amx() { return false; }
bool takes_amx(const ByteBlock& /*block*/) { return false; }
void multiply_by_amx(const ByteBlock& /*block*/, std::int64_t /*first*/, std::int64_t /*rows*/,
                     std::int64_t /*column*/, std::int64_t /*period*/, std::int32_t* /*sums*/) {
    TERN_ASSERT(false);
}
void release_amx() {}

}  // namespace tern::gemm

#endif
