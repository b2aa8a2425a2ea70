#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/group_norm/rows.cpp"
#include "tern/kernels/group_norm/rows.hpp"

#include <algorithm>
#include <cmath>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/kernels/shared/channel_rows_cpu.hpp"
#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::group_norm_rows::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::for_each_vector;

using Wide = hn::ScalableTag<float>;
using One = hn::CappedTag<float, 1>;

// Two sums along a row, each of a vector of parts and what is left behind the last vector.
struct Sums {
    HWY_ALIGN float parts[2][hn::MaxLanes(Wide())] = {};
    double rest[2] = {};

    double operator[](int i) const {
        double sum = rest[i];
        for (std::size_t lane = 0; lane < hn::Lanes(Wide()); ++lane)
            sum += static_cast<double>(parts[i][lane]);
        return sum;
    }
};

// function(tag, index, first, second) adds to two vectors. Two pairs take turns: four chains of additions.
template <class F>
Sums sums_along(std::int64_t count, F function) {
    const Wide d;
    const One one;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    auto first = hn::Zero(d), second = first, odd_first = first, odd_second = first;
    auto rest_first = hn::Zero(one), rest_second = rest_first;
    std::int64_t i = 0;
    for (; i + 2 * lanes <= count; i += 2 * lanes) {
        function(d, i, first, second);
        function(d, i + lanes, odd_first, odd_second);
    }
    for (; i + lanes <= count; i += lanes) function(d, i, first, second);
    for (; i < count; ++i) function(one, i, rest_first, rest_second);
    Sums sums;
    hn::StoreU(hn::Add(first, odd_first), d, sums.parts[0]);
    hn::StoreU(hn::Add(second, odd_second), d, sums.parts[1]);
    sums.rest[0] = static_cast<double>(hn::GetLane(rest_first));
    sums.rest[1] = static_cast<double>(hn::GetLane(rest_second));
    return sums;
}

// Calls function(begin, count) for pieces whose sums in float are of at most 64 numbers for each lane of SSE.
template <class F>
void for_each_piece(std::int64_t count, F function) {
    constexpr std::int64_t kPiece = 256;
    for (std::int64_t i = 0; i < count; i += kPiece) function(i, std::min(kPiece, count - i));
}

// As channel_rows::add_moments(): distances from the piece's own mean do not cancel.
void moments(const float* x, std::int64_t size, double& mean, double& squares) {
    mean = squares = 0;
    for_each_piece(size, [&](std::int64_t begin, std::int64_t count) {
        const float* const from = x + begin;
        const double sum = sums_along(count, [from](auto d, std::int64_t i, auto& total, auto&) {
            total = hn::Add(total, hn::LoadU(d, from + i));
        })[0];
        const auto centre = static_cast<float>(sum / static_cast<double>(count));
        const Sums distances =
            sums_along(count, [from, centre](auto d, std::int64_t i, auto& total, auto& square) {
                const auto distance = hn::Sub(hn::LoadU(d, from + i), hn::Set(d, centre));
                total = hn::Add(total, distance);
                square = hn::MulAdd(distance, distance, square);
            });
        const double correction = distances[0] / static_cast<double>(count);
        channel_rows::merge_moments(count, static_cast<double>(centre) + correction,
                                    distances[1] - correction * distances[0], begin, mean, squares);
    });
}

void normalize_rows(const Extents& extents, const float* x, const float* gamma, const float* beta,
                    double epsilon, float* y, float* mean, float* variance) {
    const auto [rows, groups, size] = extents;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t g = 0; g < groups; ++g, x += size, y += size, ++mean, ++variance) {
            double centre = 0, squares = 0;
            moments(x, size, centre, squares);
            *mean = static_cast<float>(centre);
            // The correction of equal numbers can leave -1e-20; a NaN stays.
            *variance = static_cast<float>(std::max(squares, 0.0) / static_cast<double>(size));
            const auto r = static_cast<float>(1 / std::sqrt(static_cast<double>(*variance) + epsilon));
            const float *const scale = gamma + g * size, *const shift = beta + g * size;
            for_each_vector(size, [=](auto d, std::int64_t i) {
                const auto distance = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, *mean));
                const auto slope = hn::Mul(hn::LoadU(d, scale + i), hn::Set(d, r));
                hn::StoreU(hn::MulAdd(distance, slope, hn::LoadU(d, shift + i)), d, y + i);
            });
        }
    }
}

void gradient_rows(const Extents& extents, const float* x, const float* dy, const float* gamma,
                   const float* mean, const float* variance, double epsilon, float* dx, float* dgamma,
                   float* dbeta) {
    const auto [rows, groups, size] = extents;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t g = 0; g < groups; ++g, x += size, dy += size, dx += size, ++mean, ++variance) {
            const float* const scale = gamma + g * size;
            const float centre = *mean;
            double sum = 0, product = 0;  // of gamma dy, and of gamma dy (x - mean)
            for_each_piece(size, [&](std::int64_t begin, std::int64_t count) {
                const float *const at = x + begin, *const grad = dy + begin, *const slope = scale + begin;
                const Sums sums = sums_along(count, [=](auto d, std::int64_t i, auto& first, auto& second) {
                    const auto dz = hn::Mul(hn::LoadU(d, grad + i), hn::LoadU(d, slope + i));
                    first = hn::Add(first, dz);
                    second = hn::MulAdd(dz, hn::Sub(hn::LoadU(d, at + i), hn::Set(d, centre)), second);
                });
                sum += sums[0];
                product += sums[1];
            });
            const double own = 1 / std::sqrt(static_cast<double>(*variance) + epsilon);
            const double share = own / static_cast<double>(size);
            const auto r = static_cast<float>(own), slope = static_cast<float>(-share * own * own * product),
                       constant = static_cast<float>(-share * sum);
            float *const of_gamma = dgamma + g * size, *const of_beta = dbeta + g * size;
            for_each_vector(size, [=](auto d, std::int64_t i) {
                const auto grad = hn::LoadU(d, dy + i);
                const auto distance = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, centre));
                const auto normalized = hn::Mul(distance, hn::Set(d, r));
                hn::StoreU(hn::MulAdd(grad, normalized, hn::LoadU(d, of_gamma + i)), d, of_gamma + i);
                hn::StoreU(hn::Add(grad, hn::LoadU(d, of_beta + i)), d, of_beta + i);
                const auto slow = hn::MulAdd(distance, hn::Set(d, slope), hn::Set(d, constant));
                const auto scaled = hn::Mul(hn::LoadU(d, scale + i), hn::Set(d, r));
                hn::StoreU(hn::MulAdd(grad, scaled, slow), d, dx + i);
            });
        }
    }
}

}  // namespace tern::group_norm_rows::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::group_norm_rows {

HWY_EXPORT(normalize_rows);
HWY_EXPORT(gradient_rows);

void normalize(const Extents& extents, const float* x, const float* gamma, const float* beta, double epsilon,
               float* y, float* mean, float* variance) {
    HWY_DYNAMIC_DISPATCH(normalize_rows)(extents, x, gamma, beta, epsilon, y, mean, variance);
}

void gradient(const Extents& extents, const float* x, const float* dy, const float* gamma, const float* mean,
              const float* variance, double epsilon, float* dx, float* dgamma, float* dbeta) {
    HWY_DYNAMIC_DISPATCH(gradient_rows)
    (extents, x, dy, gamma, mean, variance, epsilon, dx, dgamma, dbeta);
}

}  // namespace tern::group_norm_rows
#endif
