// Batches of a set that is not in the memory of the device.
#pragma once

#include "tern/data/dataset.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"

namespace tern {

/// The images that prepare_images() needs for `samples` (N) int32 or int64 with params.set_size = dataset.size(): their own,
/// and where params mixes those of mixed_samples() behind them; (N or 2 N, H, W, C) uint8. All on the CPU.
Tensor gather_images(const Dataset& dataset, const Tensor& samples, const PrepareImagesParams& params,
                     const Tensor& partners = {});

/// prepare_images() of a set on the CPU, wherever it has its images from.
Tensor prepared_images(const Dataset& dataset, const Tensor& samples, const Tensor& scale,
                       const Tensor& shift, DType dtype = DType::float32,
                       const PrepareImagesParams& params = {}, const Tensor& partners = {});

}  // namespace tern
