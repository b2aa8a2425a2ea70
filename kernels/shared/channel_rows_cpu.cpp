// Memory bounds all of these (2 to 6 operations per 4 bytes), so plain vectors of channels will do; NHWC
// needs no shuffles.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/shared/channel_rows_cpu.cpp"
#include "tern/kernels/shared/channel_rows_cpu.hpp"

#include <algorithm>
#include <vector>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::channel_rows::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::for_each_group;
using tern::HWY_NAMESPACE::for_each_vector;
using tern::HWY_NAMESPACE::relu;

void affine_tile(std::int64_t rows, std::int64_t channels, const float* x, const float* mean,
                 const float* scale, const float* shift, const float* residual, float* y) {
    for (std::int64_t r = 0; r < rows; ++r, x += channels, y += channels) {
        for_each_vector(channels, [=](auto d, std::int64_t c) {
            auto value = hn::MulAdd(hn::Sub(hn::LoadU(d, x + c), hn::LoadU(d, mean + c)),
                                    hn::LoadU(d, scale + c), hn::LoadU(d, shift + c));
            if (residual != nullptr) value = hn::Add(value, hn::LoadU(d, residual + c));
            hn::StoreU(value, d, y + c);
        });
        if (residual != nullptr) residual += channels;
    }
}

void add_tile(std::int64_t count, const float* a, const float* b, float* y) {
    for_each_vector(count, [=](auto d, std::int64_t i) {
        hn::StoreU(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
    });
}

void affine_relu_tile(std::int64_t rows, std::int64_t channels, const float* x, const float* mean,
                      const float* scale, const float* shift, float* y) {
    for (std::int64_t r = 0; r < rows; ++r, x += channels, y += channels) {
        for_each_vector(channels, [=](auto d, std::int64_t c) {
            const auto z = hn::MulAdd(hn::Sub(hn::LoadU(d, x + c), hn::LoadU(d, mean + c)),
                                      hn::LoadU(d, scale + c), hn::LoadU(d, shift + c));
            hn::StoreU(relu(d, z), d, y + c);
        });
    }
}

void combine_tile(std::int64_t rows, std::int64_t channels, const float* dz, const float* a, const float* x,
                  const float* mean, const float* b, const float* c, float* dx) {
    for (std::int64_t r = 0; r < rows; ++r, dz += channels, x += channels, dx += channels) {
        for_each_vector(channels, [=](auto d, std::int64_t i) {
            const auto centred = hn::Sub(hn::LoadU(d, x + i), hn::LoadU(d, mean + i));
            const auto slow = hn::MulAdd(centred, hn::LoadU(d, b + i), hn::LoadU(d, c + i));
            hn::StoreU(hn::MulAdd(hn::LoadU(d, dz + i), hn::LoadU(d, a + i), slow), d, dx + i);
        });
    }
}

void scale_tile(std::int64_t rows, std::int64_t channels, const float* dz, const float* a, float* dx) {
    for (std::int64_t r = 0; r < rows; ++r, dz += channels, dx += channels) {
        for_each_vector(channels, [=](auto d, std::int64_t c) {
            hn::StoreU(hn::Mul(hn::LoadU(d, dz + c), hn::LoadU(d, a + c)), d, dx + c);
        });
    }
}

// Groups of vectors: 4 of them with two sums each are the 8 chains that hide the latency of an addition.
constexpr int kGroup = 4;

// A group's numbers in memory.
template <class D>
struct Lanes {
    HWY_ALIGN float values[kGroup * hn::MaxLanes(D())];

    void store(int i, hn::Vec<D> vector) {
        hn::StoreU(vector, D(), values + static_cast<std::size_t>(i) * hn::Lanes(D()));
    }
    void add_to(double* sums, int vectors) const {
        const auto count = static_cast<std::size_t>(vectors) * hn::Lanes(D());
        for (std::size_t i = 0; i < count; ++i) sums[i] += static_cast<double>(values[i]);
    }
};

void add_sums_tile(std::int64_t rows, std::int64_t channels, const float* x, double* sums) {
    for_each_group<kGroup>(channels, [=](auto d, auto count, std::int64_t c) {
        using D = decltype(d);
        constexpr int kCount = decltype(count)::value;
        const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
        hn::Vec<D> sum[kCount];
        for (int i = 0; i < kCount; ++i) sum[i] = hn::Zero(d);
        for (std::int64_t r = 0; r < rows; ++r)
            for (int i = 0; i < kCount; ++i)
                sum[i] = hn::Add(sum[i], hn::LoadU(d, x + r * channels + c + i * lanes));
        Lanes<D> numbers;
        for (int i = 0; i < kCount; ++i) numbers.store(i, sum[i]);
        numbers.add_to(sums + c, kCount);
    });
}

void add_products_tile(std::int64_t rows, std::int64_t channels, const float* dz, const float* x,
                       const float* mean, double* sums, double* products) {
    for_each_group<kGroup>(channels, [=](auto d, auto count, std::int64_t c) {
        using D = decltype(d);
        constexpr int kCount = decltype(count)::value;
        const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
        hn::Vec<D> sum[kCount], product[kCount], centre[kCount];
        for (int i = 0; i < kCount; ++i) {
            sum[i] = product[i] = hn::Zero(d);
            centre[i] = hn::LoadU(d, mean + c + i * lanes);
        }
        for (std::int64_t r = 0; r < rows; ++r) {
            for (int i = 0; i < kCount; ++i) {
                const std::int64_t at = r * channels + c + i * lanes;
                const auto grad = hn::LoadU(d, dz + at);
                sum[i] = hn::Add(sum[i], grad);
                product[i] = hn::MulAdd(grad, hn::Sub(hn::LoadU(d, x + at), centre[i]), product[i]);
            }
        }
        Lanes<D> first, second;
        for (int i = 0; i < kCount; ++i) {
            first.store(i, sum[i]);
            second.store(i, product[i]);
        }
        first.add_to(sums + c, kCount);
        second.add_to(products + c, kCount);
    });
}

// A pair of vectors at a time, whose five numbers per channel fill 10 of 16 registers, through few rows, so
// that memory is still read in order; the sums of the tile wait in L1 meanwhile.
template <bool kRelu>
HWY_INLINE void gradient_tile(std::int64_t rows, std::int64_t channels, const float* dy, const float* more,
                              const float* x, const float* mean, const float* scale, const float* shift,
                              float* dx, float* dresidual, double* sums, double* products) {
    constexpr std::int64_t kRows = 8;
    std::vector<float> of_tile(static_cast<std::size_t>(2 * channels));
    float *const tile_sums = of_tile.data(), *const tile_products = tile_sums + channels;
    for (std::int64_t row = 0; row < rows; row += kRows) {
        const std::int64_t count = std::min(kRows, rows - row);
        for_each_group<2>(channels, [=](auto d, auto vectors, std::int64_t c) {
            using V = hn::Vec<decltype(d)>;
            constexpr int kCount = decltype(vectors)::value;
            const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
            V sum[kCount], product[kCount], centre[kCount], slope[kCount], constant[kCount];
            for (int i = 0; i < kCount; ++i) {
                sum[i] = hn::LoadU(d, tile_sums + c + i * lanes);
                product[i] = hn::LoadU(d, tile_products + c + i * lanes);
                centre[i] = hn::LoadU(d, mean + c + i * lanes);
                slope[i] = hn::LoadU(d, scale + c + i * lanes);
                if constexpr (kRelu) constant[i] = hn::LoadU(d, shift + c + i * lanes);
            }
            for (std::int64_t r = row; r < row + count; ++r) {
                for (int i = 0; i < kCount; ++i) {
                    const std::int64_t at = r * channels + c + i * lanes;
                    const V distance = hn::Sub(hn::LoadU(d, x + at), centre[i]);
                    V dz = hn::LoadU(d, dy + at);
                    if (more != nullptr) dz = hn::Add(dz, hn::LoadU(d, more + at));
                    if constexpr (kRelu) {
                        const V z = hn::MulAdd(distance, slope[i], constant[i]);
                        dz = hn::IfThenZeroElse(hn::Le(z, hn::Zero(d)), dz);
                    }
                    sum[i] = hn::Add(sum[i], dz);
                    product[i] = hn::MulAdd(dz, distance, product[i]);
                    hn::StoreU(hn::Mul(dz, slope[i]), d, dx + at);
                    if (dresidual != nullptr) hn::StoreU(dz, d, dresidual + at);
                }
            }
            for (int i = 0; i < kCount; ++i) {
                hn::StoreU(sum[i], d, tile_sums + c + i * lanes);
                hn::StoreU(product[i], d, tile_products + c + i * lanes);
            }
        });
    }
    for (std::int64_t c = 0; c < channels; ++c) {
        sums[c] += static_cast<double>(tile_sums[c]);
        products[c] += static_cast<double>(tile_products[c]);
    }
}

void affine_gradient_tile(std::int64_t rows, std::int64_t channels, const float* dy, const float* more,
                          const float* x, const float* mean, const float* scale, float* dx, float* dresidual,
                          double* sums, double* products) {
    gradient_tile<false>(rows, channels, dy, more, x, mean, scale, nullptr, dx, dresidual, sums, products);
}

void affine_relu_gradient_tile(std::int64_t rows, std::int64_t channels, const float* dy, const float* more,
                               const float* x, const float* mean, const float* scale, const float* shift,
                               float* dx, double* sums, double* products) {
    gradient_tile<true>(rows, channels, dy, more, x, mean, scale, shift, dx, nullptr, sums, products);
}

// Two passes over the tile, which is in L1 after the first: distances from the tile's own mean m do not
// cancel. m is rounded, so the sum of distances is not quite 0; it corrects mean and squares.
void add_moments_tile(std::int64_t rows, std::int64_t channels, const float* x, std::int64_t seen,
                      double* mean, double* squares) {
    for_each_group<kGroup>(channels, [=](auto d, auto count, std::int64_t c) {
        using D = decltype(d);
        constexpr int kCount = decltype(count)::value;
        const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
        hn::Vec<D> centre[kCount], sum[kCount], square[kCount];
        for (int i = 0; i < kCount; ++i) centre[i] = sum[i] = square[i] = hn::Zero(d);
        for (std::int64_t r = 0; r < rows; ++r)
            for (int i = 0; i < kCount; ++i)
                centre[i] = hn::Add(centre[i], hn::LoadU(d, x + r * channels + c + i * lanes));
        const auto share = hn::Set(d, 1.0f / static_cast<float>(rows));
        for (int i = 0; i < kCount; ++i) centre[i] = hn::Mul(centre[i], share);
        for (std::int64_t r = 0; r < rows; ++r) {
            for (int i = 0; i < kCount; ++i) {
                const auto distance = hn::Sub(hn::LoadU(d, x + r * channels + c + i * lanes), centre[i]);
                sum[i] = hn::Add(sum[i], distance);
                square[i] = hn::MulAdd(distance, distance, square[i]);
            }
        }
        Lanes<D> centres, sums, sums_of_squares;
        for (int i = 0; i < kCount; ++i) {
            centres.store(i, centre[i]);
            sums.store(i, sum[i]);
            sums_of_squares.store(i, square[i]);
        }
        for (std::int64_t i = 0; i < kCount * lanes; ++i) {
            const double correction = static_cast<double>(sums.values[i]) / static_cast<double>(rows);
            merge_moments(rows, static_cast<double>(centres.values[i]) + correction,
                          static_cast<double>(sums_of_squares.values[i]) -
                              correction * static_cast<double>(sums.values[i]),
                          seen, mean[c + i], squares[c + i]);
        }
    });
}

}  // namespace tern::channel_rows::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::channel_rows {

HWY_EXPORT(affine_tile);
HWY_EXPORT(add_tile);
HWY_EXPORT(affine_relu_tile);
HWY_EXPORT(affine_gradient_tile);
HWY_EXPORT(affine_relu_gradient_tile);
HWY_EXPORT(combine_tile);
HWY_EXPORT(scale_tile);
HWY_EXPORT(add_sums_tile);
HWY_EXPORT(add_products_tile);
HWY_EXPORT(add_moments_tile);

void affine(std::int64_t rows, std::int64_t channels, const float* x, const float* mean, const float* scale,
            const float* shift, const float* residual, float* y) {
    HWY_DYNAMIC_DISPATCH(affine_tile)(rows, channels, x, mean, scale, shift, residual, y);
}

void add(std::int64_t rows, std::int64_t channels, const float* a, const float* b, float* y) {
    HWY_DYNAMIC_DISPATCH(add_tile)(rows * channels, a, b, y);
}

void affine_relu(std::int64_t rows, std::int64_t channels, const float* x, const float* mean,
                 const float* scale, const float* shift, float* y) {
    HWY_DYNAMIC_DISPATCH(affine_relu_tile)(rows, channels, x, mean, scale, shift, y);
}

void affine_gradient(std::int64_t rows, std::int64_t channels, const float* dy, const float* more,
                     const float* x, const float* mean, const float* scale, float* dx, float* dresidual,
                     double* sums, double* products) {
    HWY_DYNAMIC_DISPATCH(affine_gradient_tile)
    (rows, channels, dy, more, x, mean, scale, dx, dresidual, sums, products);
}

void affine_relu_gradient(std::int64_t rows, std::int64_t channels, const float* dy, const float* more,
                          const float* x, const float* mean, const float* scale, const float* shift,
                          float* dx, double* sums, double* products) {
    HWY_DYNAMIC_DISPATCH(affine_relu_gradient_tile)
    (rows, channels, dy, more, x, mean, scale, shift, dx, sums, products);
}

void combine(std::int64_t rows, std::int64_t channels, const float* dz, const float* a, const float* x,
             const float* mean, const float* b, const float* c, float* dx) {
    HWY_DYNAMIC_DISPATCH(combine_tile)(rows, channels, dz, a, x, mean, b, c, dx);
}

void scale(std::int64_t rows, std::int64_t channels, const float* dz, const float* a, float* dx) {
    HWY_DYNAMIC_DISPATCH(scale_tile)(rows, channels, dz, a, dx);
}

void add_sums(std::int64_t rows, std::int64_t channels, const float* x, double* sums) {
    HWY_DYNAMIC_DISPATCH(add_sums_tile)(rows, channels, x, sums);
}

void add_products(std::int64_t rows, std::int64_t channels, const float* dz, const float* x,
                  const float* mean, double* sums, double* products) {
    HWY_DYNAMIC_DISPATCH(add_products_tile)(rows, channels, dz, x, mean, sums, products);
}

void add_moments(std::int64_t rows, std::int64_t channels, const float* x, std::int64_t seen, double* mean,
                 double* squares) {
    HWY_DYNAMIC_DISPATCH(add_moments_tile)(rows, channels, x, seen, mean, squares);
}

}  // namespace tern::channel_rows
#endif
