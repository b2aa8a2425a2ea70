// The loops of a pool over the windows of one image. NHWC keeps channels contiguous, so vectors of them go
// through the pixels of a window at once; the gradient goes back by comparing the number of each pixel with
// that of the largest, without a branch or a scatter. Highway compiles this once per instruction set, hence
// the toggle instead of `#pragma once`.
#if defined(TERN_MAX_POOL2D_LOOPS_CPU) == defined(HWY_TARGET_TOGGLE)
#ifdef TERN_MAX_POOL2D_LOOPS_CPU
#undef TERN_MAX_POOL2D_LOOPS_CPU
#else
#define TERN_MAX_POOL2D_LOOPS_CPU
#endif

#include <cstdint>
#include <limits>
#include <vector>

#include <hwy/highway.h>

#include "tern/kernels/max_pool2d/max_pool2d_geometry.hpp"
#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::max_pool2d_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::for_each_group;

/// Whether `best` stays in place of `value`, which is neither larger nor the first NaN.
template <class V>
HWY_INLINE auto stays(V best, V value) {
    return hn::Or(hn::Le(value, best), hn::IsNaN(best));
}

inline void forward_windows(const Geometry& g, const float* x, float* y) {
    std::vector<std::int64_t> pixels;
    for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t ow = 0; ow < g.out_width; ++ow, y += g.channels) {
            find_pixels(g, oh, ow, pixels);
            for_each_group<4>(g.channels, [&](auto d, auto vectors, std::int64_t c) {
                constexpr int kVectors = decltype(vectors)::value;
                const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
                hn::Vec<decltype(d)> best[kVectors];
                for (auto& vector : best) vector = hn::Set(d, -std::numeric_limits<float>::infinity());
                for (const std::int64_t pixel : pixels)
                    for (int i = 0; i < kVectors; ++i) {
                        const auto value = hn::LoadU(d, x + pixel + c + i * lanes);
                        best[i] = hn::IfThenElse(stays(best[i], value), best[i], value);
                    }
                for (int i = 0; i < kVectors; ++i) hn::StoreU(best[i], d, y + c + i * lanes);
            });
        }
}

/// dx += the gradient.
inline void backward_windows(const Geometry& g, const float* dy, const float* x, float* dx) {
    std::vector<std::int64_t> pixels;
    for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t ow = 0; ow < g.out_width; ++ow, dy += g.channels) {
            find_pixels(g, oh, ow, pixels);
            if (pixels.empty()) continue;
            for_each_group<4>(g.channels, [&](auto d, auto vectors, std::int64_t c) {
                constexpr int kVectors = decltype(vectors)::value;
                const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
                const hn::RebindToSigned<decltype(d)> integers;
                const auto one = hn::Set(integers, 1);
                hn::Vec<decltype(d)> best[kVectors];
                hn::Vec<decltype(integers)> where[kVectors], number = hn::Zero(integers);
                for (int i = 0; i < kVectors; ++i) {
                    best[i] = hn::LoadU(d, x + pixels[0] + c + i * lanes);
                    where[i] = number;
                }
                for (std::size_t k = 1; k < pixels.size(); ++k) {
                    number = hn::Add(number, one);
                    for (int i = 0; i < kVectors; ++i) {
                        const auto value = hn::LoadU(d, x + pixels[k] + c + i * lanes);
                        const auto stay = stays(best[i], value);
                        best[i] = hn::IfThenElse(stay, best[i], value);
                        where[i] = hn::IfThenElse(hn::RebindMask(integers, stay), where[i], number);
                    }
                }
                for (int i = 0; i < kVectors; ++i) best[i] = hn::LoadU(d, dy + c + i * lanes);
                number = hn::Zero(integers);
                for (const std::int64_t pixel : pixels) {
                    for (int i = 0; i < kVectors; ++i) {
                        float* const to = dx + pixel + c + i * lanes;
                        const auto here = hn::RebindMask(d, hn::Eq(where[i], number));
                        hn::StoreU(hn::Add(hn::LoadU(d, to), hn::IfThenElseZero(here, best[i])), d, to);
                    }
                    number = hn::Add(number, one);
                }
            });
        }
}

}  // namespace tern::max_pool2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
