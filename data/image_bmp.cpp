#include <algorithm>
#include <array>
#include <bit>

#include "tern/core/error.hpp"
#include "tern/data/image_formats.hpp"

namespace tern::image_formats {
namespace {

constexpr std::uint32_t kPlain = 0, kRuns8 = 1, kRuns4 = 2, kMasks = 3, kAlphaMasks = 6;
constexpr std::size_t kFileHeader = 14, kOs2Header = 12, kInfoHeader = 40;

// Numbers of the file, the low byte first.
class Source {
  public:
    Source(const std::string& file, Bytes bytes) : file_(file), bytes_(bytes) {}

    std::uint32_t byte(std::size_t at) const {
        TERN_CHECK(at < bytes_.size(), file_, "is not a complete BMP image: the file ends too early");
        return std::to_integer<std::uint32_t>(bytes_[at]);
    }
    std::uint32_t number(std::size_t at, std::size_t count) const {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < count; ++i) value |= byte(at + i) << 8 * i;
        return value;
    }

  private:
    const std::string& file_;
    Bytes bytes_;
};

// Some bits of a pixel, as a byte.
struct Mask {
    std::uint32_t bits = 0;

    std::uint32_t of(std::uint32_t pixel) const {
        if (bits == 0) return 0;
        const int shift = std::countr_zero(bits);
        const std::uint64_t largest = bits >> shift, value = (pixel & bits) >> shift;
        return static_cast<std::uint32_t>((value * 255 + largest / 2) / largest);
    }
};

struct Header {
    std::uint32_t pixels, width, height, bits, compression = kPlain;
    bool top_down = false;
    std::vector<std::array<std::uint8_t, 3>> palette;
    std::array<Mask, 4> masks;  // red, green, blue, alpha
};

void read_masks(const Source& source, std::size_t size, Header& header) {
    if (header.compression == kPlain) {
        if (header.bits == 16) header.masks = {Mask{0x7C00}, {0x03E0}, {0x001F}, {}};
        if (header.bits == 32) header.masks = {Mask{0xFF0000}, {0xFF00}, {0xFF}, {}};
        return;
    }
    // Behind the header of 40 bytes, or as part of a longer one.
    for (std::size_t i = 0; i < 3; ++i)
        header.masks[i].bits = source.number(kFileHeader + kInfoHeader + 4 * i, 4);
    if (size >= 56 || header.compression == kAlphaMasks)
        header.masks[3].bits = source.number(kFileHeader + kInfoHeader + 12, 4);
}

void read_palette(const Source& source, std::size_t at, std::size_t entry, std::uint32_t used,
                  Header& header) {
    const std::uint32_t most = 1u << header.bits;
    // A file may say less than it has room for; colours that it has not are black.
    std::size_t count = used == 0 ? most : std::min(used, most);
    if (header.pixels > at) count = std::min(count, (header.pixels - at) / entry);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t colour = source.number(at + i * entry, 3);
        header.palette.push_back({static_cast<std::uint8_t>(colour >> 16),
                                  static_cast<std::uint8_t>(colour >> 8), static_cast<std::uint8_t>(colour)});
    }
    header.palette.resize(most);
}

Header read_header(const std::string& file, const Source& source) {
    Header header{};
    header.pixels = source.number(10, 4);
    const std::size_t size = source.number(kFileHeader, 4);
    const bool os2 = size == kOs2Header;
    TERN_CHECK(os2 || (size >= kInfoHeader && size <= 124), file, "is a BMP image with a header of ", size,
               " bytes, expected 12 or 40 to 124");
    header.width = source.number(kFileHeader + 4, os2 ? 2 : 4);
    header.height = source.number(kFileHeader + (os2 ? 6 : 8), os2 ? 2 : 4);
    header.bits = source.number(kFileHeader + (os2 ? 10 : 14), 2);
    if (!os2) header.compression = source.number(kFileHeader + 16, 4);
    header.top_down = !os2 && header.height >> 31 != 0;
    if (header.top_down) header.height = 0 - header.height;

    const std::uint32_t bits = header.bits, how = header.compression;
    TERN_CHECK(bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32, file,
               "is a BMP image with ", bits, " bits to a pixel, expected 1, 4, 8, 16, 24 or 32");
    const bool known = how == kPlain || (how == kRuns8 && bits == 8) || (how == kRuns4 && bits == 4) ||
                       ((how == kMasks || how == kAlphaMasks) && (bits == 16 || bits == 32));
    TERN_CHECK(known, file, "is a BMP image of ", bits, " bits to a pixel with compression ", how,
               ", which is not read");
    TERN_CHECK(!header.top_down || how == kPlain || how == kMasks || how == kAlphaMasks, file,
               "is a BMP image of run lengths from the top, which is not allowed");
    TERN_CHECK(header.pixels >= kFileHeader + size, file,
               "is not a complete BMP image: its pixels begin within its header");
    if (bits >= 16) read_masks(source, size, header);
    if (bits <= 8)
        read_palette(source, kFileHeader + size, os2 ? 3 : 4, os2 ? 0 : source.number(kFileHeader + 32, 4),
                     header);
    return header;
}

std::uint8_t* pixel_at(const Tensor& image, const Header& header, std::uint64_t row, std::uint64_t column) {
    const std::uint64_t y = header.top_down ? row : header.height - 1 - row;
    return image.data<std::uint8_t>() + (y * header.width + column) * 3;
}

void set_index(std::uint8_t* to, const Header& header, std::uint32_t index) {
    std::ranges::copy(header.palette[index % header.palette.size()], to);
}

std::uint64_t bytes_of_row(const Header& header) {
    return (std::uint64_t{header.width} * header.bits + 31) / 32 * 4;
}

// Programs that know no alpha write a mask for it, too, and 0 everywhere: nobody keeps an image of nothing.
bool has_alpha(const Source& source, const Header& header) {
    const std::uint32_t mask = header.masks[3].bits, bytes = header.bits / 8;
    for (std::uint64_t row = 0; mask != 0 && row < header.height; ++row) {
        const std::uint64_t start = header.pixels + row * bytes_of_row(header);
        for (std::uint64_t x = 0; x < header.width; ++x)
            if ((source.number(start + x * bytes, bytes) & mask) != 0) return true;
    }
    return false;
}

void read_plain(const Source& source, const Header& header, const Tensor& image) {
    const std::uint64_t row_bytes = bytes_of_row(header);
    const std::uint32_t bits = header.bits;
    const Mask alpha = has_alpha(source, header) ? header.masks[3] : Mask{};
    for (std::uint64_t row = 0; row < header.height; ++row) {
        const std::uint64_t start = header.pixels + row * row_bytes;
        for (std::uint64_t x = 0; x < header.width; ++x) {
            std::uint8_t* to = pixel_at(image, header, row, x);
            const std::uint64_t at = start + x * bits / 8;
            if (bits <= 8) {
                const std::uint64_t shift = 8 - bits - x * bits % 8;
                set_index(to, header, source.byte(at) >> shift & ((1u << bits) - 1));
            } else if (bits == 24) {
                for (std::size_t c = 0; c < 3; ++c)
                    to[c] = static_cast<std::uint8_t>(source.byte(at + 2 - c));
            } else {
                const std::uint32_t pixel = source.number(at, bits / 8);
                const std::uint32_t cover = alpha.bits == 0 ? 255 : alpha.of(pixel);
                for (std::size_t c = 0; c < 3; ++c)
                    to[c] = static_cast<std::uint8_t>((header.masks[c].of(pixel) * cover + 127) / 255);
            }
        }
    }
}

// Pairs of bytes: a count and colours, or 0 and what to do. Pixels that are skipped have the first
// colour.
void read_runs(const std::string& file, const Source& source, const Header& header, const Tensor& image) {
    const bool nibbles = header.compression == kRuns4;
    for (std::uint64_t row = 0; row < header.height; ++row)
        for (std::uint64_t x = 0; x < header.width; ++x)
            set_index(pixel_at(image, header, row, x), header, 0);
    std::uint64_t x = 0, row = 0;
    const auto put = [&](std::uint32_t index) {
        TERN_CHECK(x < header.width && row < header.height, file,
                   "is not a complete BMP image: a run leads out of it");
        set_index(pixel_at(image, header, row, x++), header, index);
    };
    const auto colour = [&](std::uint32_t pair, std::uint64_t i) {
        return !nibbles ? pair : i % 2 == 0 ? pair >> 4 : pair & 15;
    };
    for (std::size_t at = header.pixels;;) {
        const std::uint32_t count = source.byte(at), value = source.byte(at + 1);
        at += 2;
        if (count > 0) {
            for (std::uint32_t i = 0; i < count; ++i) put(colour(value, i));
        } else if (value == 0) {
            x = 0;
            ++row;
        } else if (value == 1) {
            return;
        } else if (value == 2) {
            x += source.byte(at);
            row += source.byte(at + 1);
            at += 2;
        } else {
            const std::size_t bytes = nibbles ? (value + 1) / 2 : value;
            for (std::uint32_t i = 0; i < value; ++i) put(colour(source.byte(at + (nibbles ? i / 2 : i)), i));
            at += (bytes + 1) / 2 * 2;
        }
    }
}

}  // namespace

Tensor decode_bmp(const std::string& file, Bytes bytes) {
    const Source source(file, bytes);
    const Header header = read_header(file, source);
    const Tensor image = make_pixels(file, header.width, header.height);
    if (header.compression == kRuns8 || header.compression == kRuns4)
        read_runs(file, source, header, image);
    else
        read_plain(source, header, image);
    return image;
}

}  // namespace tern::image_formats
