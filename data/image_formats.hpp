// The formats behind read_image: each from bytes to (H, W, 3) uint8. Messages name `file`.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tern/core/tensor.hpp"

namespace tern::image_formats {

using Bytes = std::span<const std::byte>;

Tensor decode_png(const std::string& file, Bytes bytes);
Tensor decode_jpeg(const std::string& file, Bytes bytes);
/// Of Windows or OS/2, with 1, 4, 8, 16, 24 or 32 bits to a pixel, plain, with masks or run lengths.
Tensor decode_bmp(const std::string& file, Bytes bytes);
/// Not one that moves.
Tensor decode_webp(const std::string& file, Bytes bytes);
/// P6, P5, P3 and P2, one image and nothing after it.
Tensor decode_ppm(const std::string& file, Bytes bytes);

std::vector<std::byte> encode_png(const Tensor& image);

/// Memory for an image of such a size; throws Error, before taking it, if that is none, more than
/// kMostPixels or more than kMostSide on a side.
Tensor make_pixels(const std::string& file, std::uint64_t width, std::uint64_t height);

/// Colour x alpha, rounded, of the pixels red, green, blue, alpha.
void blend_with_black(const std::vector<std::uint8_t>& rgba, const Tensor& image);

/// The orientation, 1 to 8, that an EXIF block (from its TIFF header on) has in its first directory
/// (EXIF 2.32, tag 0x0112); 1, upright, where it has none or is damaged.
int exif_orientation(Bytes block);
/// The image as it is meant to be looked at.
Tensor turn_upright(const Tensor& image, int orientation);

}  // namespace tern::image_formats
