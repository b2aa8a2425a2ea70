#include <string_view>
#include <vector>

#include <webp/decode.h>

#include "tern/core/error.hpp"
#include "tern/data/image_formats.hpp"

namespace tern::image_formats {
namespace {

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::size_t size_at(Bytes bytes, std::size_t at) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size |= std::to_integer<std::size_t>(bytes[at + i]) << 8 * i;
    return size;
}

// The orientation in the piece "EXIF" of the file: "RIFF", a size, "WEBP", then pieces of a name, a size,
// their bytes and one more where these are odd in number. libwebp itself skips it.
int orientation_of(Bytes bytes) {
    constexpr std::size_t kFileHeader = 12, kHeader = 8;
    constexpr std::string_view kMark("Exif\0\0", 6);  // of JPEG's, which some programs write here, too
    for (std::size_t at = kFileHeader; at + kHeader <= bytes.size();) {
        const std::size_t size = size_at(bytes, at + 4);
        const Bytes rest = bytes.subspan(at + kHeader);
        if (size > rest.size()) return 1;
        const Bytes piece = rest.first(size);
        if (text_of(bytes.subspan(at, 4)) == "EXIF")
            return exif_orientation(piece.subspan(text_of(piece).starts_with(kMark) ? kMark.size() : 0));
        at += kHeader + size + size % 2;
    }
    return 1;
}

}  // namespace

Tensor decode_webp(const std::string& file, Bytes bytes) {
    // A file cut in its EXIF piece would be an image, turned the wrong way.
    TERN_CHECK(bytes.size() >= 8 && bytes.size() - 8 >= size_at(bytes, 4), file,
               "is not a complete WebP image: the file ends too early");
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    WebPBitstreamFeatures features{};
    TERN_CHECK(WebPGetFeatures(data, bytes.size(), &features) == VP8_STATUS_OK, file,
               "is not a complete WebP image: its header is cut or damaged");
    TERN_CHECK(features.has_animation == 0, file, "is an animated WebP image, expected a still one");
    const auto width = static_cast<std::size_t>(features.width),
               height = static_cast<std::size_t>(features.height);
    const Tensor image = make_pixels(file, width, height);
    bool whole = false;
    if (features.has_alpha != 0) {
        std::vector<std::uint8_t> pixels(width * height * 4);
        whole = WebPDecodeRGBAInto(data, bytes.size(), pixels.data(), pixels.size(), features.width * 4) !=
                nullptr;
        blend_with_black(pixels, image);
    } else {
        whole = WebPDecodeRGBInto(data, bytes.size(), image.data<std::uint8_t>(), width * height * 3,
                                  features.width * 3) != nullptr;
    }
    TERN_CHECK(whole, file, "is not a complete WebP image: its pixels are cut or damaged");
    return turn_upright(image, orientation_of(bytes));
}

}  // namespace tern::image_formats
