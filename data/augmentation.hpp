// Augmentation as text: "crop=4:reflect,flip=alternate,cutout=8,mixup=0.5".
#pragma once

#include <string>
#include <string_view>

#include "tern/kernels/prepare_images/prepare_images.hpp"

namespace tern {

/// A list of name=value, or name=value:mode for the border of a crop, in any order: crop=PIXELS[:black|edge|reflect],
/// flip or flip=alternate, rotate=DEGREES, cutout=PIXELS, and sharpen, brightness, contrast, saturation, hue, mixup,
/// cutmix=X; or "none", or "crop-flip", which is "crop=4,flip". Seed and epoch stay 0. Throws Error "[augment] ..." for
/// anything else.
PrepareImagesParams parse_augmentation(std::string_view text);

/// That text in one form: what is done in the order above, with the fewest digits; "none" and "crop-flip" for these.
/// parse_augmentation() of it gives the same but for the seed, the epoch and the size of the result.
std::string augmentation_text(const PrepareImagesParams& augmentation);

}  // namespace tern
