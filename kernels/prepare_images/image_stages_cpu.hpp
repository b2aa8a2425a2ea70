// The stages of an augmented image on the CPU, each over a whole image of `channels` interleaved numbers.
#pragma once

#include <vector>

#include "tern/kernels/prepare_images/colours.hpp"
#include "tern/kernels/prepare_images/placement.hpp"

namespace tern::prepare_images_passes {

using Bytes = std::vector<std::uint8_t>;

/// Turned, cropped and mirrored: (H, W, C) of `image`.
void place_image(const std::uint8_t* image, const Placement& place, Bytes& placed);
/// (H, W, C) to (height, width, C), by means over areas.
void shrink_image(const Bytes& placed, const AugmentationPlan& plan, Bytes& result);
/// Sharpened, in other colours: (height, width, C).
void colour_image(const Bytes& bytes, const AugmentationPlan& plan, const Colours& colours,
                  std::vector<float>& values);

}  // namespace tern::prepare_images_passes
