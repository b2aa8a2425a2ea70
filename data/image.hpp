// Images from files, brought to the size that a network takes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "tern/core/tensor.hpp"

namespace tern {

/// What an image may have at most, 8192 x 8192 pixels and 65535 on a side, and its file, 512 MiB: checked
/// before memory is taken for it.
inline constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;
inline constexpr std::int64_t kMostSide = 65535;
inline constexpr std::int64_t kMostImageBytes = std::int64_t{1} << 29;

/// Reads a PNG, JPEG, WebP, BMP, PPM (P6, P3) or PGM (P5, P2) file, or one of these out of a pipe; its
/// content alone says which, whatever its name. The result is (H, W, 3) uint8, red, green, blue. Grey is
/// given to all three, 16 bits are rounded to 8, what is transparent becomes black, CMYK becomes RGB without
/// a colour profile, and a JPEG, PNG or WebP is turned as its EXIF orientation says. Throws Error that names
/// the file and the rule where it is cut, damaged, too large or something else, and what that is.
Tensor read_image(const std::filesystem::path& path);

/// The same from the bytes of a file; messages call it `name`.
Tensor decode_image(std::span<const std::byte> bytes, const std::string& name);

/// Scales the shorter side to `size`, the longer to size * longer / shorter rounded down, and cuts (size,
/// size, 3) out of the middle. Each new pixel is the mean of the old ones weighted by a triangle around its
/// centre, max(0, 1 - |distance| / max(1, old / new)), first along rows and then along columns, in 22 bits of
/// fixed point and rounded to a byte each time: to the bit what torchvision's Resize and CenterCrop give of an
/// image of Pillow. (Pillow from version 13 on scales some tall images along columns first, a step of 1
/// apart.) Images of that size stay as they are. image: (H, W, 3) uint8 on the CPU, of at least one pixel
/// and at most kMostPixels; size: 1 to 8192.
Tensor fit_image(const Tensor& image, std::int64_t size);

/// (H, W, 3) as (H, W, 1): (19595 R + 38470 G + 7471 B + 2^15) / 2^16, rounded down, the luma of ITU-R BT.601
/// as Pillow's convert("L") rounds it.
Tensor grey_image(const Tensor& image);

/// Replaces `path` by a PNG of (H, W, 3) uint8 on the CPU, or leaves it as it was and throws Error.
void write_png(const std::filesystem::path& path, const Tensor& image);

}  // namespace tern
