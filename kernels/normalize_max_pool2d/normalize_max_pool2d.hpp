// A max pool that normalises its input while reading it: the normalised image never crosses the memory.
#pragma once

#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

struct NormalizeMaxPool2dParams {
    NormalizeParams normalize;
    Window2d window;
};

/// Whether it should run on this input in the place of its parts, normalize() and max_pool2d(): where there
/// is a normalisation, without a residual, on the CPU unless kernel_policy() asks for
/// `normalize_max_pool2d=unfused`; on a GPU, where it has not run yet, only if it asks for
/// `normalize_max_pool2d=cuda`.
bool runs_normalize_max_pool2d(const Tensor& input, const DeferredNormalize& norm);

/// y = max_pool2d(normalize(input, norm), window), whose header says what counts as largest.
///
/// input: (N, H, W, C) of a floating-point type; norm's tensors: (C), all of them but no residual, float32
/// for 16-bit inputs, else of the input's type; y: (N, OH, OW, C). Between the two nothing is rounded to a
/// 16-bit type. Differentiable in all tensors. Throws Error for arguments that do not fit.
Tensor normalize_max_pool2d(const Tensor& input, const DeferredNormalize& norm, const Window2d& window);

}  // namespace tern
