// From stored images to a batch: gathers samples, augments them at random, scales.
#pragma once

#include "tern/core/macros.hpp"
#include "tern/core/tensor.hpp"

namespace tern {

/// What lies around an image that is cropped: black, its border pixels again, or the image mirrored at them.
enum class CropBorder : std::uint8_t { black, edge, reflect };

/// How images are changed at random; docs/augmentation.md has each rule. What happens to a sample follows from
/// (seed, epoch, sample) alone: not from the batch it is in, nor from threads or the device.
struct PrepareImagesParams {
    /// An image with so many pixels around it is cut to its own size at a random place.
    std::int64_t crop_padding = 0;
    bool flip = false;  // mirrors half of the images, left to right
    std::uint64_t seed = 0;
    std::uint32_t epoch = 0;  // from 0

    CropBorder crop_border = CropBorder::black;
    bool alternate =
        false;          // with `flip`: those that epoch 0 mirrored in even epochs, the others in odd ones
    double rotate = 0;  // by up to so many degrees either way, in [0, 180]; bilinear, borders reflected
    std::int64_t cutout = 0;  // side of a square of which nothing is seen: 0 in the result
    double sharpen = 0;       // by a factor in [1, 1 + sharpen], in [0, 10]
    double brightness = 0;  // by a factor in [1 - brightness, 1 + brightness], in [0, 1]; so are the next two
    double contrast = 0;    // around mid-grey
    double saturation = 0;  // of 3 channels
    double hue = 0;         // by up to so much of the circle of colours, in [0, 0.5]; of 3 channels
    /// Mixes each image with another one, whose share is drawn from the beta distribution with both parameters
    /// this one, in [0, 100]; 0: it does not. With both above 0 one of the two is drawn for each sample.
    double mixup = 0;   // the sum of both, each times its share; the greater share is the sample's
    double cutmix = 0;  // a rectangle of the other one, whose share is its area
    /// Of the result, at most those of the images: areas of pixels become their means. 0: those of the images.
    std::int64_t height = 0, width = 0;
    /// Not 0: the images are not a whole set but gathered from one of so many. Row n is that of samples[n], and where
    /// images are mixed row N + n that of mixed_samples()[n]. What comes out is the same.
    std::int64_t set_size = 0;

    bool mixes() const { return mixup > 0 || cutmix > 0; }
    bool colours() const {
        return sharpen > 0 || brightness > 0 || contrast > 0 || saturation > 0 || hue > 0;
    }
    /// Whether anything is done to an image, its size aside.
    bool augments() const {
        return crop_padding > 0 || flip || rotate > 0 || cutout > 0 || colours() || mixes();
    }
    bool operator==(const PrepareImagesParams&) const = default;
};

/// Throws Error "[where] ..." for a number outside its range above, for `alternate` without `flip`, and for colours that
/// images of so many channels do not have.
void check_augmentation(std::string_view where, const PrepareImagesParams& params, std::int64_t channels);

/// y[n,h,w,c] = x[n,h,w,c] * scale[c] + shift[c], x the bytes images[samples[n]], augmented by `params`: they are
/// turned, cropped, mirrored and made smaller, each time in whole bytes that are equal on every device; sharpened,
/// and their colours changed, in float32 (float64 for a float64 result) within [0, 255]. Then some of y is cut out, and
/// y is mixed with that of another image, augmented like any sample; rounded once.
/// images: (R, H, W, C) uint8, gathered R = N or 2 N; samples: (N) int32 or int64; partners: (P) int32, the samples that are mixed in, undefined:
/// all; scale, shift: (C) float32 or float64; y: (N, height,
/// width, C) of the floating type `dtype`. On the CPU a sample or partner outside [0, R) throws Error; on a GPU it
/// stops the kernel, an error that the next wait for the device reports. No gradient.
Tensor prepare_images(const Tensor& images, const Tensor& samples, const Tensor& scale, const Tensor& shift,
                      DType dtype = DType::float32, const PrepareImagesParams& params = {},
                      const Tensor& partners = {});

/// Which ones of a set of `count` prepare_images() mixes `samples` with, (N) int64. All on the CPU; params must mix.
Tensor mixed_samples(const Tensor& samples, std::int64_t count, const PrepareImagesParams& params,
                     const Tensor& partners = {});

/// What is to be learnt of images that prepare_images() mixed: y[n,k] is the share that images of label k have in
/// sample n. labels: (R) int32 in [0, classes); height and width: of the stored images; y: (N, classes) of the
/// floating type `dtype`. A label outside [0, classes) throws Error on the CPU and counts for nothing on a GPU.
Tensor mixed_targets(const Tensor& labels, const Tensor& samples, std::int64_t classes, std::int64_t height,
                     std::int64_t width, DType dtype, const PrepareImagesParams& params,
                     const Tensor& partners = {});

}  // namespace tern
