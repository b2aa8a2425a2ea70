// From stored pictures to a batch: gathers records, turns planes into pixels, scales.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// y[n,h,w,c] = images[records[n],c,h,w] * scale[c] + shift[c], computed in float32 (float64 for a float64
/// result) and rounded once.
/// images: (R, C, H, W) uint8, planes as CIFAR stores them; records: (N) int32 or int64; scale, shift: (C)
/// float32 or float64; y: (N, H, W, C) of the floating type `dtype`. On the CPU a record outside [0, R)
/// throws Error; on a GPU it stops the kernel, an error that the next wait for the device reports. No
/// gradient.
Tensor prepare_images(const Tensor& images, const Tensor& records, const Tensor& scale, const Tensor& shift,
                      DType dtype = DType::float32);

/// y[n] = labels[records[n]]. labels: (R) int32; records: (N) int32 or int64; y: (N) int32.
Tensor gather_labels(const Tensor& labels, const Tensor& records);

}  // namespace tern
