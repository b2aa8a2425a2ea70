// What the operations on channels do to a tile: a few rows of C floats, small enough to stay in the cache
// between the steps of an operation, so that each tensor crosses the memory once. A vector of per-channel
// numbers is (C), a tile (rows, C); `add_` functions take at most kMaxTileRows rows, which bounds the error
// of their sums in float: sqrt(64) roundings; tiles are added up in double.
#pragma once

#include <cstdint>

namespace tern::channel_rows {

inline constexpr std::int64_t kMaxTileRows = 64;

/// Rows per tile: 16 KB (a third of an L1 cache, beside a second tile), 8 to kMaxTileRows rows. Depends on
/// nothing else, so that chunks and sums are the same on every machine.
constexpr std::int64_t tile_rows(std::int64_t channels) {
    const std::int64_t rows = 4096 / (channels > 0 ? channels : 1);
    return rows < 8 ? 8 : rows > kMaxTileRows ? kMaxTileRows : rows;
}

/// Rows per chunk of parallel work: 256 KB.
constexpr std::int64_t chunk_rows(std::int64_t channels) { return 16 * tile_rows(channels); }

/// Calls function(first row, rows) for the tiles of rows [begin, end).
template <class F>
void for_each_tile(std::int64_t begin, std::int64_t end, std::int64_t channels, F function) {
    const std::int64_t step = tile_rows(channels);
    for (std::int64_t row = begin; row < end; row += step) function(row, end - row < step ? end - row : step);
}

/// y = scale (x - mean) + shift [+ residual]; residual may be null.
void affine(std::int64_t rows, std::int64_t channels, const float* x, const float* mean, const float* scale,
            const float* shift, const float* residual, float* y);

/// y = a + b
void add(std::int64_t rows, std::int64_t channels, const float* a, const float* b, float* y);

/// y = relu(scale (x - mean) + shift)
void affine_relu(std::int64_t rows, std::int64_t channels, const float* x, const float* mean,
                 const float* scale, const float* shift, float* y);

/// The gradient of affine(): with dz = dy + more, dresidual = dz, dx = scale dz, sums += the sum of dz,
/// products += the sum of dz (x - mean). more and dresidual may be null, dx the memory of dy. At most
/// kMaxTileRows rows.
void affine_gradient(std::int64_t rows, std::int64_t channels, const float* dy, const float* more,
                     const float* x, const float* mean, const float* scale, float* dx, float* dresidual,
                     double* sums, double* products);

/// The gradient of affine_relu(): the same with dz = dy + more where affine_relu() is above 0.
void affine_relu_gradient(std::int64_t rows, std::int64_t channels, const float* dy, const float* more,
                          const float* x, const float* mean, const float* scale, const float* shift,
                          float* dx, double* sums, double* products);

/// dx = a dz + b (x - mean) + c
void combine(std::int64_t rows, std::int64_t channels, const float* dz, const float* a, const float* x,
             const float* mean, const float* b, const float* c, float* dx);

/// dx = a dz
void scale(std::int64_t rows, std::int64_t channels, const float* dz, const float* a, float* dx);

/// sums += the sum of x over the rows.
void add_sums(std::int64_t rows, std::int64_t channels, const float* x, double* sums);

/// sums += the sum of dz, products += the sum of dz (x - mean).
void add_products(std::int64_t rows, std::int64_t channels, const float* dz, const float* x,
                  const float* mean, double* sums, double* products);

/// Takes the rows into the mean and the sum of squared distances from it of the `seen` rows before them.
void add_moments(std::int64_t rows, std::int64_t channels, const float* x, std::int64_t seen, double* mean,
                 double* squares);

/// The same for `rows` rows whose mean and squares are known (Chan, Golub, LeVeque 1979).
inline void merge_moments(std::int64_t rows, double row_mean, double row_squares, std::int64_t seen,
                          double& mean, double& squares) {
    const double share = static_cast<double>(rows) / static_cast<double>(seen + rows);
    const double distance = row_mean - mean;
    mean += distance * share;
    squares += row_squares + distance * distance * share * static_cast<double>(seen);
}

}  // namespace tern::channel_rows
