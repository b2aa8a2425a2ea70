// One vector of channels at a time, which NHWC keeps side by side: a transform is additions of whole vectors.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/conv2d/winograd.cpp"
#include "tern/kernels/conv2d/winograd.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/kernels/gemm/tile.hpp"
#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::winograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using gemm::kPanelColumns;
using tern::HWY_NAMESPACE::for_each_vector;

constexpr float kInner = 0.70710678118654752440f;  // the points +-1/sqrt(2)
constexpr float kOuter = 1.41421356237309504880f;  // and +-sqrt(2)

// The matrices, by what they have in common: the rows of +p and -p are the sum and the difference of an even
// and an odd part.

// B^T: row k is the polynomial whose roots are the other points; (x^2 - 1/2)(x^2 - 2) = x^4 - 5/2 x^2 + 1.
struct InputMatrix {
    static constexpr int kFrom = 6, kTo = 6;
    template <class D, class V>
    static HWY_INLINE void apply(D d, const V (&in)[6], V (&out)[6]) {
        const V middle = hn::Set(d, -2.5f);
        out[0] = hn::MulAdd(middle, in[2], hn::Add(in[0], in[4]));
        out[5] = hn::MulAdd(middle, in[3], hn::Add(in[1], in[5]));
        const V two = hn::Set(d, 2.0f), half = hn::Set(d, 0.5f);
        const V even = hn::NegMulAdd(two, in[2], in[4]), odd = hn::NegMulAdd(two, in[1], in[3]);
        out[1] = hn::MulAdd(hn::Set(d, kInner), odd, even);
        out[2] = hn::NegMulAdd(hn::Set(d, kInner), odd, even);
        const V outer_even = hn::NegMulAdd(half, in[2], in[4]), outer_odd = hn::NegMulAdd(half, in[1], in[3]);
        out[3] = hn::MulAdd(hn::Set(d, kOuter), outer_odd, outer_even);
        out[4] = hn::NegMulAdd(hn::Set(d, kOuter), outer_odd, outer_even);
    }
};

// A^T: row i has the i-th powers of the points.
struct OutputMatrix {
    static constexpr int kFrom = 6, kTo = 4;
    template <class D, class V>
    static HWY_INLINE void apply(D d, const V (&in)[6], V (&out)[4]) {
        const V even = hn::Add(in[1], in[2]), outer_even = hn::Add(in[3], in[4]);
        out[0] = hn::Add(in[0], hn::Add(even, outer_even));
        out[2] = hn::MulAdd(hn::Set(d, 0.5f), even, hn::Add(outer_even, outer_even));
        const V odd = hn::Mul(hn::Set(d, kInner), hn::Sub(in[1], in[2]));
        const V outer_odd = hn::Mul(hn::Set(d, kOuter), hn::Sub(in[3], in[4]));
        out[1] = hn::Add(odd, outer_odd);
        out[3] = hn::MulAdd(hn::Set(d, 0.5f), odd, hn::MulAdd(hn::Set(d, 2.0f), outer_odd, in[5]));
    }
};

// G: row k has the powers of point k, over the product of its distances from the others: 1, -3/2, 6, 1.
struct WeightMatrix {
    static constexpr int kFrom = 3, kTo = 6;
    template <class D, class V>
    static HWY_INLINE void apply(D d, const V (&in)[3], V (&out)[6]) {
        const V sixth = hn::Set(d, 1.0f / 6), third = hn::Set(d, 1.0f / 3), twice = hn::Set(d, -2.0f / 3);
        out[0] = in[0];
        out[5] = in[2];
        const V even = hn::NegMulAdd(third, in[2], hn::Mul(twice, in[0]));
        out[1] = hn::MulAdd(hn::Set(d, -2.0f / 3 * kInner), in[1], even);
        out[2] = hn::NegMulAdd(hn::Set(d, -2.0f / 3 * kInner), in[1], even);
        const V outer_even = hn::MulAdd(third, in[2], hn::Mul(sixth, in[0]));
        out[3] = hn::MulAdd(hn::Set(d, kOuter / 6), in[1], outer_even);
        out[4] = hn::NegMulAdd(hn::Set(d, kOuter / 6), in[1], outer_even);
    }
};

// A.
struct GradientMatrix {
    static constexpr int kFrom = 4, kTo = 6;
    template <class D, class V>
    static HWY_INLINE void apply(D d, const V (&in)[4], V (&out)[6]) {
        const V two = hn::Set(d, 2.0f), half = hn::Set(d, 0.5f);
        out[0] = in[0];
        out[5] = in[3];
        const V even = hn::MulAdd(half, in[2], in[0]), odd = hn::MulAdd(half, in[3], in[1]);
        out[1] = hn::MulAdd(hn::Set(d, kInner), odd, even);
        out[2] = hn::NegMulAdd(hn::Set(d, kInner), odd, even);
        const V outer_even = hn::MulAdd(two, in[2], in[0]), outer_odd = hn::MulAdd(two, in[3], in[1]);
        out[3] = hn::MulAdd(hn::Set(d, kOuter), outer_odd, outer_even);
        out[4] = hn::NegMulAdd(hn::Set(d, kOuter), outer_odd, outer_even);
    }
};

// G^T.
struct SumMatrix {
    static constexpr int kFrom = 6, kTo = 3;
    template <class D, class V>
    static HWY_INLINE void apply(D d, const V (&in)[6], V (&out)[3]) {
        const V even = hn::Add(in[1], in[2]), outer_even = hn::Add(in[3], in[4]);
        const V third = hn::Set(d, 1.0f / 3);
        out[0] = hn::MulAdd(hn::Set(d, -2.0f / 3), even, hn::MulAdd(hn::Set(d, 1.0f / 6), outer_even, in[0]));
        out[1] = hn::MulAdd(hn::Set(d, -2.0f / 3 * kInner), hn::Sub(in[1], in[2]),
                            hn::Mul(hn::Set(d, kOuter / 6), hn::Sub(in[3], in[4])));
        out[2] = hn::MulAdd(third, hn::Sub(outer_even, even), in[5]);
    }
};

// Matrix X Matrix^T: first the columns of X = load(row, column), then rows, each number to store(row, column,
// vector).
template <class Matrix, class D, class Load, class Store>
HWY_INLINE void transform(D d, Load load, Store store) {
    using V = hn::Vec<D>;
    constexpr int kFrom = Matrix::kFrom, kTo = Matrix::kTo;
    V half_done[kTo][kFrom];
    HWY_UNROLL(6)
    for (int column = 0; column < kFrom; ++column) {
        V in[kFrom], out[kTo];
        HWY_UNROLL(6)
        for (int row = 0; row < kFrom; ++row) in[row] = load(row, column);
        Matrix::apply(d, in, out);
        HWY_UNROLL(6)
        for (int row = 0; row < kTo; ++row) half_done[row][column] = out[row];
    }
    HWY_UNROLL(6)
    for (int row = 0; row < kTo; ++row) {
        V out[kTo];
        Matrix::apply(d, half_done[row], out);
        HWY_UNROLL(6)
        for (int column = 0; column < kTo; ++column) store(row, column, out[column]);
    }
}

// Element c of position 0.
template <class T>
HWY_INLINE T* place_of(const Transformed<T>& numbers, std::int64_t c) {
    return numbers.data + c / kPanelColumns * numbers.panel_stride + c % kPanelColumns;
}

template <class Matrix, bool kInside>
HWY_INLINE void transform_pixels(const Pixels<const float>& pixels, const Transformed<float>& to) {
    const std::int64_t pitch = pixels.width * pixels.channels, step = to.position_stride;
    const float* const first = pixels.image + pixels.top * pitch + pixels.left * pixels.channels;
    for_each_vector(pixels.channels, [&](auto d, std::int64_t c) HWY_ATTR {
        const float* const from = first + c;
        float* const target = place_of(to, c);
        transform<Matrix>(
            d,
            [&](int row, int column) HWY_ATTR {
                if (!kInside && (pixels.top + row < 0 || pixels.top + row >= pixels.height ||
                                 pixels.left + column < 0 || pixels.left + column >= pixels.width))
                    return hn::Zero(d);
                return hn::LoadU(d, from + row * pitch + column * pixels.channels);
            },
            [&](int row, int column, auto vector)
                HWY_ATTR { hn::StoreU(vector, d, target + (row * kInputs + column) * step); });
    });
}

template <class Matrix>
void transform_pixels(const Pixels<const float>& pixels, const Transformed<float>& to) {
    if (pixels.inside(Matrix::kFrom))
        transform_pixels<Matrix, true>(pixels, to);
    else
        transform_pixels<Matrix, false>(pixels, to);
}

void input(const Pixels<const float>& pixels, const Transformed<float>& to) {
    transform_pixels<InputMatrix>(pixels, to);
}

void gradient(const Pixels<const float>& pixels, const Transformed<float>& to) {
    transform_pixels<GradientMatrix>(pixels, to);
}

template <bool kInside>
HWY_INLINE void output_pixels(const Transformed<const float>& products, const float* bias,
                              const Pixels<float>& pixels) {
    const std::int64_t pitch = pixels.width * pixels.channels, step = products.position_stride;
    float* const first = pixels.image + pixels.top * pitch + pixels.left * pixels.channels;
    for_each_vector(pixels.channels, [&](auto d, std::int64_t c) HWY_ATTR {
        const float* const from = place_of(products, c);
        float* const to = first + c;
        const auto start = bias == nullptr ? hn::Zero(d) : hn::LoadU(d, bias + c);
        transform<OutputMatrix>(
            d,
            [&](int row, int column)
                HWY_ATTR { return hn::LoadU(d, from + (row * kInputs + column) * step); },
            [&](int row, int column, auto vector) HWY_ATTR {
                if (!kInside && (pixels.top + row >= pixels.height || pixels.left + column >= pixels.width))
                    return;
                hn::StoreU(hn::Add(vector, start), d, to + row * pitch + column * pixels.channels);
            });
    });
}

void output(const Transformed<const float>& products, const float* bias, const Pixels<float>& pixels) {
    if (pixels.inside(kOutputs))
        output_pixels<true>(products, bias, pixels);
    else
        output_pixels<false>(products, bias, pixels);
}

void weights(const Filters& filters, float* panels, std::int64_t position_stride) {
    constexpr std::int64_t kSize = kTaps * kTaps;
    const hn::ScalableTag<float> d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    float taps[kSize * kPanelColumns] = {};
    for (std::int64_t row = 0; row < filters.rows; ++row, panels += kPanelColumns) {
        for (std::int64_t j = 0; j < filters.columns; ++j) {
            const float* const from = filters.data + row * filters.row_stride + j * filters.column_stride;
            for (std::int64_t t = 0; t < kSize; ++t)
                taps[t * kPanelColumns + j] = from[filters.flipped ? kSize - 1 - t : t];
        }
        for (std::int64_t j = 0; j < kPanelColumns; j += lanes) {
            transform<WeightMatrix>(
                d,
                [&](int kh, int kw)
                    HWY_ATTR { return hn::LoadU(d, taps + (kh * kTaps + kw) * kPanelColumns + j); },
                [&](int r, int c, auto vector)
                    HWY_ATTR { hn::StoreU(vector, d, panels + (r * kInputs + c) * position_stride + j); });
        }
    }
}

void sums(const Transformed<const float>& numbers, std::int64_t columns, float* taps,
          std::int64_t tap_stride) {
    for_each_vector(columns, [&](auto d, std::int64_t j) HWY_ATTR {
        const float* const from = place_of(numbers, j);
        transform<SumMatrix>(
            d,
            [&](int row, int column)
                HWY_ATTR { return hn::LoadU(d, from + (row * kInputs + column) * numbers.position_stride); },
            [&](int kh, int kw, auto vector)
                HWY_ATTR { hn::StoreU(vector, d, taps + (kh * kTaps + kw) * tap_stride + j); });
    });
}

}  // namespace tern::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::winograd {

HWY_EXPORT(input);
HWY_EXPORT(gradient);
HWY_EXPORT(output);
HWY_EXPORT(weights);
HWY_EXPORT(sums);

void transform_input(const Pixels<const float>& pixels, const Transformed<float>& to) {
    HWY_DYNAMIC_DISPATCH(input)(pixels, to);
}

void transform_gradient(const Pixels<const float>& pixels, const Transformed<float>& to) {
    HWY_DYNAMIC_DISPATCH(gradient)(pixels, to);
}

void transform_output(const Transformed<const float>& products, const float* bias,
                      const Pixels<float>& pixels) {
    HWY_DYNAMIC_DISPATCH(output)(products, bias, pixels);
}

void transform_weights(const Filters& filters, float* panels, std::int64_t position_stride) {
    HWY_DYNAMIC_DISPATCH(weights)(filters, panels, position_stride);
}

void transform_sums(const Transformed<const float>& numbers, std::int64_t columns, float* taps,
                    std::int64_t tap_stride) {
    HWY_DYNAMIC_DISPATCH(sums)(numbers, columns, taps, tap_stride);
}

}  // namespace tern::winograd
#endif
