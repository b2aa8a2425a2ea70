// From stored images to a batch: gathers samples, crops and mirrors at random, scales.
#pragma once

#include "tern/core/macros.hpp"
#include "tern/core/tensor.hpp"

namespace tern {

/// Random crops and mirror images, as He et al. ("Deep residual learning for image recognition", CVPR 2016,
/// section 4.2) train on CIFAR-10 with 4 pixels of padding. What happens to a sample follows from (seed,
/// epoch, sample) alone: not from the batch it is in, nor from threads or the device.
struct PrepareImagesParams {
    /// An image with so many black pixels around it is cut to its own size at a random place.
    std::int64_t crop_padding = 0;
    bool flip = false;  // mirrors half of the images, left to right
    std::uint64_t seed = 0;
    std::uint32_t epoch = 0;

    TERN_HOST_DEVICE bool augments() const { return crop_padding > 0 || flip; }
};

/// y[n,h,w,c] = images[samples[n],h,w,c] * scale[c] + shift[c], computed in float32 (float64 for a float64
/// result) and rounded once. With `params`, h and w are first moved: w to W - 1 - w where mirrored, then both
/// by a whole number of pixels in [-crop_padding, crop_padding]; what is then outside the image is a pixel
/// of 0. The numbers are draws of RandomStream{seed, augment, epoch}, block sample: u0 (2 crop_padding + 1) /
/// 2^32 rounded down gives the move in h, u1 that in w, the top bit of u2 the mirror. images: (R, H, W, C)
/// uint8; samples: (N) int32 or int64; scale, shift: (C) float32 or float64; y: (N, H, W, C) of the floating
/// type `dtype`. On the CPU a sample outside [0, R) throws Error; on a GPU it
/// stops the kernel, an error that the next wait for the device reports. No gradient.
Tensor prepare_images(const Tensor& images, const Tensor& samples, const Tensor& scale, const Tensor& shift,
                      DType dtype = DType::float32, const PrepareImagesParams& params = {});

}  // namespace tern
