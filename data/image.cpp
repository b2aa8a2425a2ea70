#include "tern/data/image.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <vector>

#include <fcntl.h>

#include "tern/core/files/file.hpp"
#include "tern/core/files/file_descriptor.hpp"
#include "tern/core/files/file_kind.hpp"
#include "tern/core/files/output.hpp"
#include "tern/data/image_formats.hpp"

namespace tern {
namespace {

using namespace image_formats;

struct Format {
    std::string_view name;
    std::string_view magic;  // what its files begin with
    Tensor (*decode)(const std::string& file, Bytes bytes);
};

constexpr std::array kFormats{
    Format{"PNG", "\x89PNG\r\n\x1A\n", decode_png},
    Format{"JPEG", "\xFF\xD8\xFF", decode_jpeg},
    Format{"PPM", "P6", decode_ppm},
    Format{"PGM", "P5", decode_ppm},
    Format{"PPM as text", "P3", decode_ppm},
    Format{"PGM as text", "P2", decode_ppm},
};

// "BM" alone begins texts, too, and "RIFF" sounds: file_kind() looks further.
constexpr Format kBmp{"BMP", "BM", decode_bmp}, kWebp{"WebP", "RIFF", decode_webp};

constexpr std::string_view kExpected = "a PNG, JPEG, WebP, BMP, PPM or PGM image";

const Format& format_of(const std::string& file, Bytes bytes) {
    TERN_CHECK(!bytes.empty(), file, "is empty, expected an image");
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const Format& format : kFormats) {
        if (text.starts_with(format.magic)) return format;
    }
    const FileKind kind = file_kind(bytes);
    if (kind == FileKind::bmp) return kBmp;
    if (kind == FileKind::webp) return kWebp;
    if (kind == FileKind::unknown) fail(file, "is of an unknown format, expected ", kExpected);
    if (kind == FileKind::netpbm)
        fail(file, "is a PBM, PAM or PFM image (", text.substr(0, 2), "), expected ", kExpected);
    fail(file, mistaken_kind(kind, kExpected));
}

// Lists of what cannot be read name files, so this does too.
Tensor decode(const Format& format, const std::string& file, Bytes bytes) {
    try {
        return format.decode(file, bytes);
    } catch (const std::bad_alloc&) {
    } catch (const Error& error) {
        if (error.where() != "memory") throw;
    }
    fail(file, "is an image for which there is not enough memory");
}

}  // namespace

namespace image_formats {

Tensor make_pixels(const std::string& file, std::uint64_t width, std::uint64_t height) {
#ifdef TERN_FUZZING  // 200 bytes can be seconds of decoding: 20 times the inputs
    constexpr std::uint64_t kMost = std::uint64_t{1} << 18;
#else
    constexpr auto kMost = static_cast<std::uint64_t>(kMostPixels);
#endif
    TERN_CHECK(width > 0 && height > 0, file, "is an image of ", width, " x ", height,
               " pixels, expected at least one");
    TERN_CHECK(width <= kMost && height <= kMost / width, file, "is an image of ", width, " x ", height,
               " pixels, more than the ", kMost, " that are read");
    // libpng takes several rows of its own, which an image of one row would make as large as a whole one.
    constexpr auto kSide = static_cast<std::uint64_t>(kMostSide);
    TERN_CHECK(width <= kSide && height <= kSide, file, "is an image of ", width, " x ", height,
               " pixels, but no side may have more than ", kSide);
    return Tensor::empty({static_cast<std::int64_t>(height), static_cast<std::int64_t>(width), 3},
                         DType::uint8);
}

void blend_with_black(const std::vector<std::uint8_t>& rgba, const Tensor& image) {
    std::uint8_t* to = image.data<std::uint8_t>();
    for (std::size_t i = 0; i < rgba.size(); i += 4) {
        for (std::size_t c = 0; c < 3; ++c)
            *to++ = static_cast<std::uint8_t>((rgba[i + c] * rgba[i + 3] + 127) / 255);
    }
}

}  // namespace image_formats

Tensor decode_image(std::span<const std::byte> bytes, const std::string& name) {
    return decode(format_of(name, bytes), name, bytes);
}

Tensor read_image(const std::filesystem::path& path) {
    const std::string file = path.string();
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (std::filesystem::is_fifo(status) || std::filesystem::is_character_file(status))
        return decode_image(FileDescriptor(path, O_RDONLY, "cannot be opened").read_to_end(kMostImageBytes),
                            file);
    const std::int64_t size = size_of_file(path);
    TERN_CHECK(size <= kMostImageBytes, file, "has ", size, " bytes, more than the ", kMostImageBytes,
               " that are read as an image");
    return decode_image(read_bytes(path), file);
}

void write_png(const std::filesystem::path& path, const Tensor& image) {
    write_output(path, encode_png(image));
}

}  // namespace tern
