// Image files that tests make, by the libraries that write them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tern::test {

using Samples = std::vector<std::uint8_t>;

struct PngOptions {
    int colour = 2;  // as the header has it: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
    int depth = 8;
    bool interlaced = false;
    std::vector<std::array<std::uint8_t, 3>> palette = {};
    std::vector<std::uint8_t> palette_alpha = {};
    int orientation = 0;  // in a piece "eXIf", where above 0
};

/// The bytes of a PNG file. samples: rows as PNG packs them, 16 bits with the high byte first.
std::string make_png(int width, int height, const Samples& samples, const PngOptions& options = {});

/// A PNG of one pixel with such a number of compressed texts, each of 4 MB of the letter a.
std::string make_png_with_texts(int count);

/// A PNG that ends after its header, which says such a size.
std::string make_png_header(int width, int height);

struct JpegOptions {
    int channels = 3;   // 1 grey, 3 RGB, 4 CMYK
    bool adobe = true;  // of CMYK: with the marker that makes readers invert it
    bool progressive = false;
    int orientation = 0;  // in an EXIF segment, where above 0
    bool big_endian = false;
};

std::string make_jpeg(int width, int height, const Samples& samples, const JpegOptions& options = {});

struct WebpOptions {
    bool alpha = false;  // samples are RGBA, not RGB
    bool lossy = false;
    int orientation = 0;  // in a piece "EXIF", where above 0
};

std::string make_webp(int width, int height, const Samples& samples, const WebpOptions& options = {});

/// "P6" or "P5", by the number of samples.
std::string make_ppm(int width, int height, const Samples& samples);

/// (height, width, channels) of one colour.
Samples filled(int width, int height, const std::vector<std::uint8_t>& colour);
/// Pixels from a linear congruence, so that neighbours differ.
Samples noise(int width, int height, int channels = 3);

}  // namespace tern::test
