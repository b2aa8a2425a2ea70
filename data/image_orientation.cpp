#include "tern/data/image_formats.hpp"

namespace tern::image_formats {
namespace {

// Numbers of a TIFF block in its own byte order; those beyond its end are 0.
class Tiff {
  public:
    explicit Tiff(Bytes bytes) : bytes_(bytes), little_(byte(0) == 'I') {}

    std::uint32_t byte(std::size_t at) const {
        return at < bytes_.size() ? std::to_integer<std::uint32_t>(bytes_[at]) : 0;
    }
    std::uint32_t short_at(std::size_t at) const {
        return little_ ? byte(at) | byte(at + 1) << 8 : byte(at) << 8 | byte(at + 1);
    }
    std::uint32_t long_at(std::size_t at) const {
        return little_ ? short_at(at) | short_at(at + 2) << 16 : short_at(at) << 16 | short_at(at + 2);
    }

  private:
    Bytes bytes_;
    bool little_;
};

}  // namespace

int exif_orientation(Bytes block) {
    constexpr std::size_t kEntryBytes = 12;
    constexpr std::uint32_t kOrientation = 0x0112, kShort = 3;
    const Tiff tiff(block);
    const std::size_t directory = tiff.long_at(4);
    for (std::size_t i = 0; i < tiff.short_at(directory); ++i) {
        const std::size_t entry = directory + 2 + i * kEntryBytes;
        if (tiff.short_at(entry) != kOrientation || tiff.short_at(entry + 2) != kShort) continue;
        const std::uint32_t value = tiff.short_at(entry + 8);
        return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
}

Tensor turn_upright(const Tensor& image, int orientation) {
    if (orientation == 1) return image;
    const bool swap = orientation >= 5;
    const bool flip_rows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool flip_columns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const std::int64_t height = image.dim(0), width = image.dim(1);
    const Tensor upright = Tensor::empty({swap ? width : height, swap ? height : width, 3}, DType::uint8);
    const std::uint8_t* from = image.data<std::uint8_t>();
    std::uint8_t* to = upright.data<std::uint8_t>();
    for (std::int64_t y = 0; y < upright.dim(0); ++y)
        for (std::int64_t x = 0; x < upright.dim(1); ++x) {
            const std::int64_t row = swap ? x : y, column = swap ? y : x;
            const std::uint8_t* pixel = from + ((flip_rows ? height - 1 - row : row) * width +
                                                (flip_columns ? width - 1 - column : column)) *
                                                   3;
            for (int c = 0; c < 3; ++c) *to++ = pixel[c];
        }
    return upright;
}

}  // namespace tern::image_formats
