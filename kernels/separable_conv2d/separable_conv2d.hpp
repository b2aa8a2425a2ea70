// A depthwise 3x3 and a pointwise convolution in one, which normalises its input while reading it and gathers
// the mean and variance of its output while writing it: between two such layers nothing else crosses the
// memory.
#pragma once

#include "tern/kernels/channel_moments/channel_moments.hpp"
#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

struct SeparableConv2dParams {
    NormalizeParams normalize;  // of the input, where there are a mean and a variance of it
};

struct SeparableConv2dResult {
    Tensor output;
    Moments moments;  // of the output before it is rounded to a 16-bit type; undefined unless asked for
    Tensor input;     // normalised; undefined unless asked for
};

/// What separable_conv2d() gives beside its output.
struct SeparableConv2dKeeps {
    bool moments = false, input = false;
};

/// The only window: 3x3, stride 1, one pixel of padding on all sides.
inline const Window2d kSeparableWindow = Window2d::square(3, 1, 1);

/// Whether it should run on this input in the place of its parts, normalize(), depthwise_conv2d() and
/// linear(): with its only window, on the CPU unless kernel_policy() asks for `separable_conv2d=unfused`; on
/// a GPU, where no measurement says that it is faster, only if it asks for `separable_conv2d=cuda` or, in 16 bits
/// and with none or relu as activation, `separable_conv2d=cuda_mma`.
bool runs_separable_conv2d(const Tensor& input, const Window2d& window);

/// a = normalize(input, norm), or input itself; u[n,h,w,c] = sum over kh, kw of a[n,h+kh-1,w+kw-1,c]
/// depthwise[c,0,kh,kw]; output[n,h,w,o] = bias[o] + sum over c of u[n,h,w,c] pointwise[o,c].
///
/// input: (N, H, W, C), depthwise: (C, 1, 3, 3), pointwise: (O, C), bias: (O) or undefined, of one
/// floating-point type; norm's tensors: (C), float32 for 16-bit inputs, else of the input's type; its
/// residual: as input. To keep mean and variance, there must be at least one row of output; to keep a, which
/// a residual connection reads too, a normalisation. Differentiable in all tensors, from all that is kept.
/// Throws Error for arguments that do not fit.
SeparableConv2dResult separable_conv2d(const Tensor& input, const DeferredNormalize& norm,
                                       const Tensor& depthwise, const Tensor& pointwise,
                                       const Tensor& bias = {}, const SeparableConv2dKeeps& keep = {});

}  // namespace tern
