// BMP of every kind, from bytes that are laid out here; what is wrong with one is one line.
#include "tern/core/error.hpp"
#include "tern/data/image.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_images.hpp"

using namespace tern;
using test::Samples;

namespace {

std::string number(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 255);
    return text;
}

struct Bmp {
    std::uint32_t width = 2, height = 2, bits = 24, compression = 0;
    std::string between = {};  // masks and palette
    std::string pixels = {};

    std::string file() const {
        const std::string header = number(40, 4) + number(width, 4) + number(height, 4) + number(1, 2) +
                                   number(bits, 2) + number(compression, 4) + std::string(20, '\0');
        return with_header(header + between);
    }
    std::string with_header(const std::string& header) const {
        const auto start = static_cast<std::uint32_t>(14 + header.size());
        return "BM" + number(start + static_cast<std::uint32_t>(pixels.size()), 4) + number(0, 4) +
               number(start, 4) + header + pixels;
    }
};

Samples decode(const std::string& text) {
    const Tensor image = decode_image(std::as_bytes(std::span(text)), "image");
    const auto elements = image.elements<std::uint8_t>();
    return {elements.begin(), elements.end()};
}

const std::string kTwoColours("\x03\x02\x01\0\x06\x05\x04\0", 8);

}  // namespace

TEST_CASE("BMP rows come from the bottom, or from the top") {
    Bmp bmp{.pixels = std::string("\x03\x02\x01\x06\x05\x04\0\0\x09\x08\x07\x0C\x0B\x0A\0\0", 16)};
    CHECK(decode(bmp.file()) == Samples{7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6});
    const std::string os2 = number(12, 4) + number(2, 2) + number(2, 2) + number(1, 2) + number(24, 2);
    CHECK(decode(bmp.with_header(os2)) == decode(bmp.file()));
    bmp.height = 0xFFFFFFFE;
    CHECK(decode(bmp.file()) == Samples{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
}

TEST_CASE("BMP with a palette of 1, 4 and 8 bits") {
    const Samples expected{4, 5, 6, 1, 2, 3, 4, 5, 6};
    const auto check = [&](std::uint32_t bits, const std::string& row) {
        const std::string rest((std::size_t{4} << bits) - kTwoColours.size(), '\0');
        CHECK(decode(Bmp{3, 1, bits, 0, kTwoColours + rest, row}.file()) == expected);
    };
    check(1, std::string("\xA0\0\0\0", 4));
    check(4, std::string("\x10\x10\0\0", 4));
    check(8, std::string("\1\0\1\0", 4));
}

TEST_CASE("BMP of 16 and 32 bits, with masks and alpha") {
    // 5 bits to a colour: 31 is 255, 16 is 132.
    CHECK(decode(Bmp{1, 1, 16, 0, "", number(31 << 10 | 16, 2) + number(0, 2)}.file()) ==
          Samples{255, 0, 132});
    CHECK(decode(Bmp{1, 1, 32, 0, "", number(0x00010203, 4)}.file()) == Samples{1, 2, 3});
    const std::string masks = number(0xF800, 4) + number(0x07E0, 4) + number(0x001F, 4);
    CHECK(decode(Bmp{1, 1, 16, 3, masks, number(0x07E0, 2) + number(0, 2)}.file()) == Samples{0, 255, 0});
    const std::string alpha =
        number(0xFF, 4) + number(0xFF00, 4) + number(0xFF0000, 4) + number(0xFF000000, 4);
    CHECK(decode(Bmp{1, 1, 32, 6, alpha, number(0x803264C8, 4)}.file()) == Samples{100, 50, 25});
    // Alpha that is 0 everywhere is none; beside another pixel's it is.
    CHECK(decode(Bmp{1, 1, 32, 6, alpha, number(0x003264C8, 4)}.file()) == Samples{200, 100, 50});
    CHECK(decode(Bmp{2, 1, 32, 6, alpha, number(0x003264C8, 4) + number(0xFF030201, 4)}.file()) ==
          Samples{0, 0, 0, 1, 2, 3});
}

TEST_CASE("BMP of run lengths") {
    const std::string palette = kTwoColours + std::string(1024 - 8, '\0');
    // Below: two of the second colour and one of the first. Above: one is skipped, one drawn.
    const std::string runs(
        "\2\1"
        "\1\0"
        "\0\0"
        "\0\2\1\0"
        "\1\1"
        "\0\1",
        14);
    const Samples expected{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3};
    CHECK(decode(Bmp{3, 2, 8, 1, palette, runs}.file()) == expected);
    // Three colours as they stand, of which an odd count is padded; nibbles likewise.
    CHECK(decode(Bmp{3, 1, 8, 1, palette, std::string("\0\3\1\0\1\0\0\1", 8)}.file()) ==
          Samples{4, 5, 6, 1, 2, 3, 4, 5, 6});
    CHECK(decode(Bmp{3, 1, 4, 2, palette.substr(0, 64), std::string("\3\x10\0\1", 4)}.file()) ==
          Samples{4, 5, 6, 1, 2, 3, 4, 5, 6});
    CHECK_THROWS_WITH(decode(Bmp{3, 1, 8, 1, palette, std::string("\4\1\0\1", 4)}.file()),
                      "[image] is not a complete BMP image: a run leads out of it");
}

TEST_CASE("BMP that is cut or of an unknown kind is refused") {
    const std::string whole =
        Bmp{.pixels = std::string("\x03\x02\x01\x06\x05\x04\0\0\x09\x08\x07\x0C\x0B\x0A", 14)}.file();
    REQUIRE_NOTHROW(decode(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_THROWS_AS(decode(whole.substr(0, size)), Error);
    CHECK_THROWS_WITH(decode(whole.substr(0, whole.size() - 1)),
                      "[image] is not a complete BMP image: the file ends too early");
    CHECK_THROWS_WITH(decode(Bmp{.bits = 7}.file()),
                      "[image] is a BMP image with 7 bits to a pixel, expected 1, 4, 8, 16, 24 or 32");
    CHECK_THROWS_WITH(decode(Bmp{.compression = 4}.file()),
                      "[image] is a BMP image of 24 bits to a pixel with compression 4, which is not read");
    CHECK_THROWS_WITH(decode(Bmp{.width = 100000, .height = 100000}.file()),
                      "[image] is an image of 100000 x 100000 pixels, more than the 67108864 that are read");
    CHECK_THROWS_WITH(decode(Bmp{}.with_header(number(9, 4))),
                      "[image] is a BMP image with a header of 9 bytes, expected 12 or 40 to 124");
    std::string early = whole;
    early[10] = 53;  // of the 54 bytes before the pixels
    CHECK_THROWS_WITH(decode(early),
                      "[image] is not a complete BMP image: its pixels begin within its header");
}
