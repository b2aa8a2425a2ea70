// What all samples of a batch share: the parameters as the numbers that kernels compute with.
#pragma once

#include <cmath>

#include "tern/kernels/prepare_images/fixed_angle.hpp"
#include "tern/kernels/prepare_images/mix_quantiles.hpp"
#include "tern/kernels/prepare_images/sample_draws.hpp"

namespace tern {

struct AugmentationPlan {
    const std::int32_t* partners;  // null: all samples
    std::int64_t partner_count;
    int height, width, channels;  // of a stored image
    int result_height, result_width;
    std::uint64_t seed;
    std::uint32_t epoch;
    int crop_padding;
    CropBorder crop_border;
    bool flip, alternate;
    std::int64_t angle_limit, hue_limit;  // of kWholeTurn
    std::int64_t cutout;
    float sharpen, brightness, contrast, saturation;
    bool colours, mixup, cutmix;
    MixQuantiles mixup_shares, cutmix_shares;

    /// images: (R, H, W, C), whose sides fit into 30 bits.
    AugmentationPlan(const PrepareImagesParams& params, const Shape& images, const Tensor& partner_list)
        : partners(partner_list.defined() ? partner_list.data<std::int32_t>() : nullptr),
          partner_count(partner_list.defined() ? partner_list.numel()
                        : params.set_size > 0  ? params.set_size
                                               : images[0]),
          height(static_cast<int>(images[1])),
          width(static_cast<int>(images[2])),
          channels(static_cast<int>(images[3])),
          result_height(params.height > 0 ? static_cast<int>(params.height) : height),
          result_width(params.width > 0 ? static_cast<int>(params.width) : width),
          seed(params.seed),
          epoch(params.epoch),
          crop_padding(static_cast<int>(params.crop_padding)),
          crop_border(params.crop_border),
          flip(params.flip),
          alternate(params.alternate),
          angle_limit(std::llround(params.rotate / 360 * static_cast<double>(kWholeTurn))),
          hue_limit(std::llround(params.hue * static_cast<double>(kWholeTurn))),
          cutout(params.cutout),
          sharpen(static_cast<float>(params.sharpen)),
          brightness(static_cast<float>(params.brightness)),
          contrast(static_cast<float>(params.contrast)),
          saturation(static_cast<float>(params.saturation)),
          colours(params.colours()),
          mixup(params.mixup > 0),
          cutmix(params.cutmix > 0),
          mixup_shares(mixup ? mix_quantiles(params.mixup) : MixQuantiles{}),
          cutmix_shares(cutmix ? mix_quantiles(params.cutmix) : MixQuantiles{}) {}

    TERN_HOST_DEVICE bool resizes() const { return result_height != height || result_width != width; }
    /// Whether each pixel of the result is one of the image, or black.
    TERN_HOST_DEVICE bool only_moves() const {
        return angle_limit == 0 && cutout == 0 && !colours && !mixup && !cutmix && !resizes();
    }
    TERN_HOST_DEVICE bool only_copies() const { return only_moves() && crop_padding == 0 && !flip; }
    TERN_HOST_DEVICE SampleDraws draws(std::int64_t sample) const { return {seed, epoch, sample}; }
};

}  // namespace tern
