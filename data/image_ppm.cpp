#include <cctype>
#include <optional>

#include "tern/data/image_formats.hpp"

namespace tern::image_formats {
namespace {

// What stands before the pixels: numbers between blanks and comments.
class Header {
  public:
    Header(const std::string& file, Bytes bytes) : file_(file), bytes_(bytes) {}

    char letter() const { return static_cast<char>(bytes_[at_]); }

    // One of a header is followed by a blank.
    std::uint64_t number(const char* what) {
        const std::optional<std::uint64_t> value = digits();
        TERN_CHECK(value && !ended() && is_blank(), file_,
                   "is not a complete PPM or PGM image: its header has no ", what);
        return *value;
    }

    // A pixel that is written as text; the file may end after it.
    std::uint64_t last_number() {
        const std::optional<std::uint64_t> value = digits();
        TERN_CHECK(value && (ended() || is_blank()), file_,
                   "is not a complete PPM or PGM image: it has too few numbers");
        return *value;
    }

    // The one blank after the last number ends the header.
    Bytes pixels() const { return bytes_.subspan(at_ + 1); }

  private:
    std::optional<std::uint64_t> digits() {
        skip_blanks();
        std::uint64_t value = 0;
        int digits = 0;
        for (; !ended() && std::isdigit(static_cast<unsigned char>(letter())) != 0 && digits < 9;
             ++digits, ++at_)
            value = value * 10 + static_cast<std::uint64_t>(letter() - '0');
        return digits > 0 ? std::optional(value) : std::nullopt;
    }

    bool ended() const { return at_ >= bytes_.size(); }
    bool is_blank() const { return std::isspace(static_cast<unsigned char>(letter())) != 0; }

    void skip_blanks() {
        while (!ended() && (is_blank() || letter() == '#')) {
            if (letter() == '#')
                while (!ended() && letter() != '\n') ++at_;
            else
                ++at_;
        }
    }

    const std::string& file_;
    Bytes bytes_;
    std::size_t at_ = 2;  // after "P6"
};

// Samples of one byte or two, the high one first.
std::uint64_t sample(Bytes pixels, std::size_t i, bool wide) {
    const auto byte = [&](std::size_t at) { return std::to_integer<std::uint64_t>(pixels[at]); };
    return wide ? byte(2 * i) << 8 | byte(2 * i + 1) : byte(i);
}

}  // namespace

Tensor decode_ppm(const std::string& file, Bytes bytes) {
    const char kind = std::to_integer<char>(bytes[1]);
    const bool grey = kind == '5' || kind == '2', text = kind == '2' || kind == '3';
    Header header(file, bytes);
    const std::uint64_t width = header.number("width"), height = header.number("height");
    const std::uint64_t largest = header.number("largest value");
    TERN_CHECK(largest >= 1 && largest <= 65535, file, "has a largest value of ", largest,
               ", expected 1 to 65535");
    const bool wide = largest > 255;
    const Bytes pixels = header.pixels();
    const Tensor image = make_pixels(file, width, height);
    const std::uint64_t samples = width * height * (grey ? 1 : 3), expected = samples * (wide ? 2 : 1);
    TERN_CHECK(text || pixels.size() == expected, file, "has ", pixels.size(), " bytes of pixels, expected ",
               expected);

    std::uint8_t* to = image.data<std::uint8_t>();
    for (std::size_t i = 0; i < samples; ++i) {
        const std::uint64_t value = text ? header.last_number() : sample(pixels, i, wide);
        TERN_CHECK(value <= largest, file, "has a value of ", value, ", more than its largest of ", largest);
        const auto byte = static_cast<std::uint8_t>((value * 255 + largest / 2) / largest);
        for (int c = 0; c < (grey ? 3 : 1); ++c) *to++ = byte;
    }
    return image;
}

}  // namespace tern::image_formats
