#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"

namespace tern::prepare_images_passes {

struct Images {
    const PrepareImagesParams& params;
    const Tensor& images;   // (R, H, W, C) uint8
    const Tensor& samples;  // (N) int32 or int64
    const Tensor& scale;    // (C) float32 or float64, as shift
    const Tensor& shift;
    const Tensor& partners = kNoTensor;  // (P) int32, optional: all
    const Tensor& y;                     // (N, height, width, C)
    TERN_PASS(Images, prepare_images, images, (images, samples, scale, shift, partners), (y))

    double flops() const { return 2.0 * static_cast<double>(y.numel()); }
};

struct TargetsParams {
    PrepareImagesParams images;
    std::int64_t height = 1, width = 1;  // of the stored images
};

struct Targets {
    const TargetsParams& params;
    const Tensor& labels;                // (R) int32
    const Tensor& samples;               // (N) int32 or int64
    const Tensor& partners = kNoTensor;  // (P) int32, optional: all
    const Tensor& y;                     // (N, K)
    TERN_PASS(Targets, prepare_images, targets, (labels, samples, partners), (y))
};

}  // namespace tern::prepare_images_passes
