#include "tern/data/image.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <vector>

#include "tern/core/file.hpp"
#include "tern/core/output.hpp"
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
};

struct Ending {
    std::string_view ending, format;
};

constexpr std::array kEndings{
    Ending{".png", "PNG"},   Ending{".jpg", "JPEG"}, Ending{".jpeg", "JPEG"}, Ending{".jpe", "JPEG"},
    Ending{".jfif", "JPEG"}, Ending{".ppm", "PPM"},  Ending{".pgm", "PGM"},
};

const Format& format_of(const std::string& file, Bytes bytes) {
    TERN_CHECK(!bytes.empty(), file, "is empty, expected a picture");
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const Format& format : kFormats) {
        if (text.starts_with(format.magic)) return format;
    }
    fail(file, "is no PNG, JPEG, PPM (P6) or PGM (P5) picture");
}

// Somebody who is wrong about the format may be wrong about the picture.
void check_name(const std::filesystem::path& path, const Format& format) {
    std::string ending = path.extension().string();
    std::ranges::transform(ending, ending.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    for (const Ending& known : kEndings) {
        TERN_CHECK(ending != known.ending || format.name == known.format, path.string(), "is named as ",
                   known.format, " but holds ", format.name);
    }
}

// Lists of what cannot be read name files, so this does too.
Tensor decode(const Format& format, const std::string& file, Bytes bytes) {
    try {
        return format.decode(file, bytes);
    } catch (const std::bad_alloc&) {
    } catch (const Error& error) {
        if (!std::string_view(error.what()).starts_with("[memory] ")) throw;
    }
    fail(file, "is a picture for which there is not enough memory");
}

}  // namespace

namespace image_formats {

Tensor make_pixels(const std::string& file, std::uint64_t width, std::uint64_t height) {
#ifdef TERN_FUZZING  // 200 bytes can be seconds of decoding: 20 times the inputs
    constexpr std::uint64_t kMost = std::uint64_t{1} << 18;
#else
    constexpr auto kMost = static_cast<std::uint64_t>(kMostPixels);
#endif
    TERN_CHECK(width > 0 && height > 0, file, "is a picture of ", width, " x ", height,
               " pixels, which is none");
    TERN_CHECK(width <= kMost && height <= kMost / width, file, "is a picture of ", width, " x ", height,
               " pixels, more than the ", kMost, " that are read");
    // libpng takes several rows of its own, which a picture of one row would make as large as a whole one.
    constexpr auto kSide = static_cast<std::uint64_t>(kMostSide);
    TERN_CHECK(width <= kSide && height <= kSide, file, "is a picture of ", width, " x ", height,
               " pixels, but no side may have more than ", kSide);
    return Tensor::empty({static_cast<std::int64_t>(height), static_cast<std::int64_t>(width), 3},
                         DType::uint8);
}

}  // namespace image_formats

Tensor decode_image(std::span<const std::byte> bytes, const std::string& name) {
    return decode(format_of(name, bytes), name, bytes);
}

Tensor read_image(const std::filesystem::path& path) {
    const std::string file = path.string();
    const std::int64_t size = size_of_file(path);
    TERN_CHECK(size <= kMostImageBytes, file, "has ", size, " bytes, more than the ", kMostImageBytes,
               " that are read as a picture");
    const std::vector<std::byte> bytes = read_bytes(path);
    const Format& format = format_of(file, bytes);
    check_name(path, format);
    return decode(format, file, bytes);
}

void write_png(const std::filesystem::path& path, const Tensor& image) {
    write_output(path, encode_png(image));
}

}  // namespace tern
