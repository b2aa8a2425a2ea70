// WebP: libwebp's own files, upright and cut.
#include <array>
#include <cstdlib>
#include <span>

#include "tern/data/image.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_images.hpp"

using namespace tern;
using test::Samples;

namespace {

Tensor decode(const std::string& text) { return decode_image(std::as_bytes(std::span(text)), "image"); }

Samples pixels(const Tensor& image) {
    const auto elements = image.elements<std::uint8_t>();
    return {elements.begin(), elements.end()};
}

}  // namespace

TEST_CASE("WebP without loss becomes its pixels") {
    const Samples samples = test::noise(7, 5);
    const Tensor image = decode(test::make_webp(7, 5, samples));
    CHECK((image.shape() == Shape{5, 7, 3}));
    CHECK(pixels(image) == samples);
}

TEST_CASE("what is transparent in a WebP becomes black") {
    const Samples samples{100, 200, 50, 255, 100, 200, 50, 128, 100, 200, 50, 0};
    CHECK(pixels(decode(test::make_webp(3, 1, samples, {.alpha = true}))) ==
          Samples{100, 200, 50, 50, 100, 25, 0, 0, 0});
}

TEST_CASE("WebP with loss is near its colour") {
    const Samples got =
        pixels(decode(test::make_webp(16, 16, test::filled(16, 16, {200, 100, 50}), {.lossy = true})));
    for (std::size_t i = 0; i < got.size();
         ++i) {  // whole numbers of 16 to 235 levels of brightness, both ways
        const int distance = int{got[i]} - std::array{200, 100, 50}[i % 3];
        CHECK(std::abs(distance) <= 4);
    }
}

TEST_CASE("WebP is turned as its EXIF orientation says") {
    const Samples samples{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6};  // 3 wide, 2 high
    const Tensor turned = decode(test::make_webp(3, 2, samples, {.orientation = 6}));
    CHECK((turned.shape() == Shape{3, 2, 3}));
    CHECK(pixels(turned) == Samples{4, 4, 4, 1, 1, 1, 5, 5, 5, 2, 2, 2, 6, 6, 6, 3, 3, 3});
    CHECK(pixels(decode(test::make_webp(3, 2, samples, {.orientation = 1}))) == samples);
}

TEST_CASE("a WebP that is cut or damaged is refused") {
    for (const test::WebpOptions& options :
         {test::WebpOptions{}, {.alpha = true}, {.lossy = true}, {.orientation = 6}}) {
        const std::string whole = test::make_webp(9, 7, test::noise(9, 7, options.alpha ? 4 : 3), options);
        REQUIRE_NOTHROW(decode(whole));
        for (std::size_t size = 0; size < whole.size(); ++size)
            CHECK_THROWS_AS(decode(whole.substr(0, size)), Error);
        for (std::size_t at = 0; at < whole.size(); ++at) {  // an image or an error, nothing else
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ 0x81);
            try {
                decode(damaged);
            } catch (const Error&) {
            }
        }
    }
    const std::string whole = test::make_webp(9, 7, test::noise(9, 7));
    CHECK_THROWS_WITH(decode(whole.substr(0, whole.size() - 1)),
                      "[image] is not a complete WebP image: the file ends too early");
}

TEST_CASE("a WebP that moves, or is too large, is refused before it is decoded") {
    std::string moving = test::make_webp(3, 2, test::noise(3, 2), {.orientation = 1});
    const std::size_t flags = moving.find("VP8X") + 8;
    moving[flags] = static_cast<char>(moving[flags] | 0x02);
    CHECK_THROWS_WITH(decode(moving), "[image] is an animated WebP image, expected a still one");
    std::string large = test::make_webp(3, 2, test::noise(3, 2));
    const std::size_t size = large.find("VP8L") + 9;  // width and height less one in 14 bits each
    for (std::size_t i = 0; i < 3; ++i) large[size + i] = '\xFF';
    large[size + 3] = static_cast<char>(large[size + 3] | 0x0F);
    CHECK_THROWS_WITH(decode(large),
                      "[image] is an image of 16384 x 16384 pixels, more than the 67108864 that are read");
}
