// The filters of a depthwise convolution in the order in which the CPU's loops read them.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern::depthwise_conv2d_passes {

/// (C, 1, KH, KW) to (KH * KW, C), optionally turned by 180 degrees: 9 C elements, nothing beside the images.
inline Tensor taps_first(const Tensor& w, bool turned) {
    const std::int64_t channels = w.dim(0), taps = w.dim(2) * w.dim(3);
    Tensor result = Tensor::empty({taps, channels});
    const float* const from = w.data<float>();
    float* const to = result.data<float>();
    for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t t = 0; t < taps; ++t)
            to[t * channels + c] = from[c * taps + (turned ? taps - 1 - t : t)];
    return result;
}

/// (KH * KW, C) to (C, 1, KH, KW).
inline void store_taps(const Tensor& sums, const Tensor& dw) {
    const std::int64_t channels = dw.dim(0), taps = dw.dim(2) * dw.dim(3);
    const float* const from = sums.data<float>();
    float* const to = dw.data<float>();
    for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t t = 0; t < taps; ++t) to[c * taps + t] = from[t * channels + c];
}

}  // namespace tern::depthwise_conv2d_passes
