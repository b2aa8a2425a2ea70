// Images are decoded by their content, and what is wrong with a file is one line.
#include "tern/data/image.hpp"

#include <cstdlib>
#include <fstream>
#include <span>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tern/core/files/file_descriptor.hpp"
#include "tern/core/memory/memory.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_images.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;
using test::Samples;

namespace {

Tensor decode(const std::string& text) { return decode_image(std::as_bytes(std::span(text)), "image"); }

Samples pixels(const Tensor& image) {
    const auto elements = image.elements<std::uint8_t>();
    return {elements.begin(), elements.end()};
}

void check_png(int width, int height, const Samples& samples, test::PngOptions options,
               const Samples& expected) {
    for (const bool interlaced : {false, true}) {
        options.interlaced = interlaced;
        const Tensor image = decode(test::make_png(width, height, samples, options));
        CHECK((image.shape() == Shape{height, width, 3}));
        CHECK(pixels(image) == expected);
    }
}

// Within what the transform and colours in whole numbers leave of it at the best quality.
void check_near(const Tensor& image, std::int64_t y, std::int64_t x, const std::array<int, 3>& colour) {
    const std::uint8_t* pixel = image.data<std::uint8_t>() + (y * image.dim(1) + x) * 3;
    INFO("pixel " << y << ' ' << x << ": " << int{pixel[0]} << ' ' << int{pixel[1]} << ' ' << int{pixel[2]});
    for (std::size_t c = 0; c < 3; ++c) CHECK(std::abs(pixel[c] - colour[c]) <= 2);
}

void check_every_cut(const std::string& whole) {
    REQUIRE_NOTHROW(decode(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        INFO("cut after " << size << " of " << whole.size());
        CHECK_THROWS_AS(decode(whole.substr(0, size)), Error);
    }
}

// Whatever comes of it, it is an image or an Error.
void check_every_damage(const std::string& whole) {
    int images = 0, errors = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const int change : {0x01, 0x80, 0xFF}) {
            std::string text = whole;
            text[at] = static_cast<char>(text[at] ^ change);
            try {
                images += decode(text).numel() > 0;
            } catch (const Error&) {
                ++errors;
            }
        }
    }
    CHECK(images + errors == static_cast<int>(3 * whole.size()));
    CHECK(errors > 0);
}

}  // namespace

TEST_CASE("PNG of every kind becomes red, green, blue") {
    const Samples colours{10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
    check_png(2, 2, colours, {.colour = 2}, colours);
    check_png(2, 2, {1, 2, 3, 255}, {.colour = 0}, {1, 1, 1, 2, 2, 2, 3, 3, 3, 255, 255, 255});
    // One bit, two rows of eight and a padding of seven: 1 is white.
    check_png(
        9, 1, {0b10100000, 0b10000000}, {.colour = 0, .depth = 1},
        {255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255});
    check_png(2, 1, {0x5A}, {.colour = 0, .depth = 4}, {85, 85, 85, 170, 170, 170});
    check_png(3, 1, {0b00011000}, {.colour = 3, .depth = 2, .palette = {{9, 8, 7}, {6, 5, 4}, {3, 2, 1}}},
              {9, 8, 7, 6, 5, 4, 3, 2, 1});
}

TEST_CASE("16 bits are rounded to 8") {
    // v / 257, rounded: 0x0080 is 0.498, 0x0081 is 0.502, 0xFFFF is 255.
    check_png(1, 1, {0x00, 0x80, 0x00, 0x81, 0xFF, 0xFF}, {.colour = 2, .depth = 16}, {0, 1, 255});
    check_png(1, 1, {0x12, 0x34}, {.colour = 0, .depth = 16}, {18, 18, 18});
}

TEST_CASE("what is transparent becomes black") {
    check_png(3, 1, {200, 100, 50, 255, 200, 100, 50, 0, 200, 100, 50, 128}, {.colour = 6},
              {200, 100, 50, 0, 0, 0, 100, 50, 25});
    check_png(2, 1, {90, 255, 90, 85}, {.colour = 4}, {90, 90, 90, 30, 30, 30});
    check_png(2, 1, {0b01000000},
              {.colour = 3, .depth = 1, .palette = {{9, 90, 200}, {60, 30, 255}}, .palette_alpha = {255, 51}},
              {9, 90, 200, 12, 6, 51});
    check_png(1, 1, {0xFF, 0xFF, 0x80, 0x80, 0x00, 0x00, 0x80, 0x80}, {.colour = 6, .depth = 16},
              {128, 64, 0});
}

TEST_CASE("JPEG in colour, in grey and with four inks") {
    const Tensor colour = decode(test::make_jpeg(17, 9, test::filled(17, 9, {200, 100, 50})));
    CHECK((colour.shape() == Shape{9, 17, 3}));
    check_near(colour, 4, 16, {200, 100, 50});
    check_near(decode(test::make_jpeg(5, 5, test::filled(5, 5, {77}), {.channels = 1})), 2, 2, {77, 77, 77});
    // Cyan 0.4, magenta 0.8, yellow 0, black 0.2 as inks, then as the light that Adobe's files hold.
    check_near(
        decode(test::make_jpeg(8, 8, test::filled(8, 8, {102, 204, 0, 51}), {.channels = 4, .adobe = false})),
        3, 3, {122, 41, 204});
    check_near(decode(test::make_jpeg(8, 8, test::filled(8, 8, {153, 51, 255, 204}), {.channels = 4})), 3, 3,
               {122, 41, 204});
    const Samples samples = test::noise(20, 13);
    CHECK(pixels(decode(test::make_jpeg(20, 13, samples, {.progressive = true}))) ==
          pixels(decode(test::make_jpeg(20, 13, samples))));
}

TEST_CASE("JPEG is turned as its EXIF orientation says") {
    // 32 x 16: red, green above blue, white; then where red and green are when it stands upright.
    const std::array<std::array<int, 3>, 4> kColours{
        {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}}};
    Samples samples;
    for (int y = 0; y < 16; ++y)
        for (int x = 0; x < 32; ++x)
            for (const int value : kColours[static_cast<std::size_t>(y / 8 * 2 + x / 16)])
                samples.push_back(static_cast<std::uint8_t>(value));
    struct Turned {
        int orientation;
        std::array<std::size_t, 4> corners;  // colours at top left, top right, bottom left, bottom right
    };
    for (const auto& [orientation, corners] :
         {Turned{0, {0, 1, 2, 3}}, Turned{1, {0, 1, 2, 3}}, Turned{2, {1, 0, 3, 2}}, Turned{3, {3, 2, 1, 0}},
          Turned{4, {2, 3, 0, 1}}, Turned{5, {0, 2, 1, 3}}, Turned{6, {2, 0, 3, 1}}, Turned{7, {3, 1, 2, 0}},
          Turned{8, {1, 3, 0, 2}}, Turned{9, {0, 1, 2, 3}}}) {
        for (const bool big_endian : {false, true}) {
            INFO("orientation " << orientation);
            const Tensor image = decode(
                test::make_jpeg(32, 16, samples, {.orientation = orientation, .big_endian = big_endian}));
            const bool swapped = orientation >= 5 && orientation <= 8;
            REQUIRE((image.shape() == (swapped ? Shape{32, 16, 3} : Shape{16, 32, 3})));
            const std::int64_t bottom = image.dim(0) - 1, right = image.dim(1) - 1;
            check_near(image, 0, 0, kColours[corners[0]]);
            check_near(image, 0, right, kColours[corners[1]]);
            check_near(image, bottom, 0, kColours[corners[2]]);
            check_near(image, bottom, right, kColours[corners[3]]);
        }
    }
}

TEST_CASE("PNG is turned as its EXIF orientation says, wherever that stands") {
    const Samples samples{1, 2, 3, 4, 5, 6};
    CHECK(pixels(decode(test::make_png(2, 1, samples, {.orientation = 1}))) == samples);
    std::string png = test::make_png(2, 1, samples, {.orientation = 3});
    CHECK(pixels(decode(png)) == Samples{4, 5, 6, 1, 2, 3});
    CHECK((decode(test::make_png(2, 1, samples, {.orientation = 6})).shape() == Shape{2, 1, 3}));
    // A chunk is its length, its name, what it holds and a sum.
    std::string chunk;
    for (std::size_t at = 0; (at = png.find("eXIf")) != std::string::npos;) {  // libpng writes it twice
        at -= 4;
        chunk = png.substr(at, 12 + static_cast<unsigned char>(png[at + 3]));
        png.erase(at, chunk.size());
    }
    CHECK(pixels(decode(png)) == samples);
    png.insert(png.find("IEND") - 4, chunk);
    CHECK(pixels(decode(png)) == Samples{4, 5, 6, 1, 2, 3});
}

TEST_CASE("PPM and PGM") {
    CHECK(pixels(decode(test::make_ppm(2, 1, {1, 2, 3, 4, 5, 6}))) == Samples{1, 2, 3, 4, 5, 6});
    CHECK(pixels(decode(test::make_ppm(2, 1, {7, 8}))) == Samples{7, 7, 7, 8, 8, 8});
    CHECK(pixels(decode("P5 # a comment\n 1\t1 # another\n3\n\x02")) == Samples{170, 170, 170});
    CHECK(pixels(decode(std::string("P6 1 1 65535\n\x80\x00\x00\x80\xFF\xFF", 19))) == Samples{128, 0, 255});
}

TEST_CASE("PPM headers and pixels are checked") {
    const auto check = [](const std::string& text, const std::string& message) {
        CHECK_THROWS_WITH(decode(text), "[image] " + message);
    };
    const std::string none = "is not a complete PPM or PGM image: its header has no ";
    check("P6", none + "width");
    check("P6 x", none + "width");
    check("P6 # endless", none + "width");
    check("P6 2", none + "width");
    check("P6 2 -1 255\n", none + "height");
    check("P6 2 1", none + "height");
    check("P6 2 1 255", none + "largest value");
    check("P6 9999999999 1 255\n", none + "width");
    check("P6 2 1 0\n", "has a largest value of 0, expected 1 to 65535");
    check("P6 2 1 65536\n", "has a largest value of 65536, expected 1 to 65535");
    check("P6 0 1 255\n", "is an image of 0 x 1 pixels, expected at least one");
    check("P6 1 1 255\nab", "has 2 bytes of pixels, expected 3");
    check("P6 1 1 255\nabcd", "has 4 bytes of pixels, expected 3");
    check("P5 1 1 9\n\x0A", "has a value of 10, more than its largest of 9");
}

TEST_CASE("sizes are checked before memory is taken") {
    const std::string rule =
        "[image] is an image of 100000 x 100000 pixels, more than the 67108864 that are read";
    CHECK_THROWS_WITH(decode(test::make_png_header(100000, 100000)), rule);
    CHECK_THROWS_WITH(decode("P6 100000 100000 255\n"), rule);
    std::string jpeg = test::make_jpeg(8, 8, test::filled(8, 8, {1, 2, 3}));
    const std::size_t frame = jpeg.find("\xFF\xC0");
    REQUIRE(frame != std::string::npos);
    jpeg.replace(frame + 5, 4, "\x80\x00\x80\x00", 4);
    CHECK_THROWS_WITH(decode(jpeg),
                      "[image] is an image of 32768 x 32768 pixels, more than the 67108864 that are read");
    const test::TemporaryFolder folder;
    test::write_text(folder / "huge.png", "");
    std::filesystem::resize_file(folder / "huge.png", (std::uintmax_t{1} << 29) + 1);  // takes no space
    CHECK_THROWS_WITH(read_image(folder / "huge.png"),
                      test::at(folder / "huge.png") +
                          "has 536870913 bytes, more than the 536870912 that are read as an image");
}

TEST_CASE("a side has a limit of its own") {
    const std::string rule = " pixels, but no side may have more than 65535";
    const std::int64_t before = memory_statistics(Device::cpu()).allocations;
    for (const auto& [width, height] : {std::pair{67108864, 1}, {1, 67108864}, {65536, 1}, {1, 65536}}) {
        const std::string line = to_text("[image] is an image of ", width, " x ", height, rule);
        CHECK_THROWS_WITH(decode(test::make_png_header(width, height)), line);
        CHECK_THROWS_WITH(decode(to_text("P6 ", width, ' ', height, " 255\n")), line);
    }
    std::string jpeg = test::make_jpeg(8, 8, test::filled(8, 8, {1, 2, 3}));
    jpeg.replace(jpeg.find("\xFF\xC0") + 5, 4, "\x00\x01\xFF\xFF", 4);  // the most that the field holds
    CHECK_THROWS_WITH(decode(jpeg), Catch::StartsWith("[image] is not a complete JPEG image: "));
    CHECK(memory_statistics(Device::cpu()).allocations == before);
    CHECK((decode(test::make_ppm(65535, 1, Samples(65535))).shape() == Shape{1, 65535, 3}));
    CHECK((decode(test::make_png(1, 65535, Samples(65535), {.colour = 0})).shape() == Shape{65535, 1, 3}));
}

TEST_CASE("texts in a PNG are not unpacked") {
    const std::string text = test::make_png_with_texts(500);
    REQUIRE(text.size() < 5'000'000);
    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    CHECK(pixels(decode(text)) == Samples{1, 2, 3});
    ::getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < 200'000);  // kilobytes; unpacked they would take two million
}

TEST_CASE("a file cut anywhere is refused") {
    const Samples colours = test::noise(9, 7), alpha = test::noise(9, 7, 4);
    check_every_cut(test::make_png(9, 7, colours));
    check_every_cut(test::make_png(9, 7, alpha, {.colour = 6, .interlaced = true}));
    check_every_cut(test::make_jpeg(9, 7, colours, {.orientation = 6}));
    check_every_cut(test::make_jpeg(9, 7, alpha, {.channels = 4, .progressive = true}));
    check_every_cut(test::make_ppm(9, 7, colours));
}

TEST_CASE("a damaged file is an image or an error") {
    const Samples colours = test::noise(9, 7), alpha = test::noise(9, 7, 4);
    check_every_damage(test::make_png(9, 7, alpha, {.colour = 6, .interlaced = true}));
    check_every_damage(test::make_jpeg(9, 7, colours, {.progressive = true, .orientation = 6}));
    check_every_damage(test::make_jpeg(9, 7, alpha, {.channels = 4}));
    check_every_damage(test::make_ppm(9, 7, colours));
}

TEST_CASE("a damaged image says what is wrong with it") {
    std::string png = test::make_png(9, 7, test::noise(9, 7));
    CHECK_THROWS_WITH(decode(png.substr(0, png.size() - 1)),
                      "[image] is not a complete PNG image: the file ends too early");
    png[png.size() - 20] = static_cast<char>(png[png.size() - 20] ^ 1);
    CHECK_THROWS_WITH(decode(png), Catch::StartsWith("[image] is not a complete PNG image: "));
    const std::string jpeg = test::make_jpeg(9, 7, test::noise(9, 7));
    CHECK_THROWS_WITH(decode(jpeg.substr(0, jpeg.size() - 2)),
                      "[image] is not a complete JPEG image: Premature end of JPEG file");
}

TEST_CASE("a JPEG of endless scans is refused") {
    // A first scan of the means, repeated, says nothing new and is not damage: only the rule stops it.
    const std::string jpeg = test::make_jpeg(8, 8, test::noise(8, 8), {.progressive = true});
    const std::string start = "\xFF\xDA";
    std::vector<std::size_t> scans;
    for (std::size_t at = jpeg.find(start); at != std::string::npos; at = jpeg.find(start, at + 2))
        scans.push_back(at);
    REQUIRE((scans.size() > 1 && scans.size() < 100));
    const std::size_t tables = jpeg.find("\xFF\xC4", scans[0]);  // those of the second scan
    REQUIRE(tables < scans[1]);
    const auto with_scans = [&](std::size_t count) {
        std::string text = jpeg.substr(0, tables);
        for (std::size_t i = scans.size(); i < count; ++i) text += jpeg.substr(scans[0], tables - scans[0]);
        return text + jpeg.substr(tables);
    };
    CHECK(pixels(decode(with_scans(100))) == pixels(decode(jpeg)));
    CHECK_THROWS_WITH(decode(with_scans(101)),
                      "[image] is not a complete JPEG image: it has more than 100 scans");
    CHECK_THROWS_WITH(decode(with_scans(5000)),
                      "[image] is not a complete JPEG image: it has more than 100 scans");
}

TEST_CASE("the content says what an image is, whatever its name") {
    const test::TemporaryFolder folder;
    const std::string png = test::make_png(2, 2, test::noise(2, 2)),
                      ppm = test::make_ppm(2, 2, test::noise(2, 2)),
                      jpeg = test::make_jpeg(2, 2, test::noise(2, 2));
    for (const char* name : {"a.PNG", "a.Jpeg", "a.jpg", "a.png", "a.bmp", "a.pnm", "a.txt", "a"}) {
        for (const std::string& text : {png, jpeg, ppm}) {
            test::write_text(folder / name, text);
            CHECK(pixels(read_image(folder / name)) == pixels(decode(text)));
        }
    }
    CHECK_THROWS_WITH(read_image(folder / "none.png"), test::at(folder / "none.png") + "no such file");
    CHECK_THROWS_WITH(read_image(folder.path()), test::at(folder.path()) + "is a folder, expected a file");
}

TEST_CASE("what is not an image is said to be what it is") {
    const std::string expected = ", expected a PNG, JPEG, WebP, BMP, PPM or PGM image";
    const auto check = [&](const std::string& text, const std::string& what) {
        CHECK_THROWS_WITH(decode(text), "[image] " + what);
    };
    check("", "is empty, expected an image");
    check("GIF89a...", "is a GIF image" + expected);
    check(std::string("II*\0....", 8), "is a TIFF image" + expected);
    check(std::string("\0\0\0\x18"
                      "ftypheic",
                      12),
          "is a HEIC image" + expected);
    check(std::string("\0\0\0\x18"
                      "ftypavif",
                      12),
          "is an AVIF image" + expected);
    check("%PDF-1.7\n", "is a PDF document" + expected);
    check("<svg xmlns='http://www.w3.org/2000/svg'/>", "is an SVG drawing" + expected);
    check("<!DOCTYPE html><html>", "is a web page (HTML)" + expected + "; download it again");
    check("version https://git-lfs.github.com/spec/v1\n",
          "is a Git LFS pointer, not the file itself" + expected + "; git lfs pull brings that");
    check("words", "is a text" + expected);
    check("P4 8 1\n\xFF", "is a PBM, PAM or PFM image (P4)" + expected);
    check(std::string("\x01\x00\xFE\x02", 4), "is of an unknown format" + expected);
}

TEST_CASE("an image can come out of a pipe") {
    const test::TemporaryFolder folder;
    const std::string path = (folder / "pipe.png").string(),
                      png = test::make_png(40, 50, test::noise(40, 50));
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    std::thread writer([&] { std::ofstream(path, std::ios::binary) << png; });
    CHECK(pixels(read_image(path)) == pixels(decode(png)));
    writer.join();
    CHECK_THROWS_WITH(read_image("/dev/null"), "[/dev/null] is empty, expected an image");
    CHECK_THROWS_WITH(FileDescriptor("/dev/zero", O_RDONLY, "cannot be opened").read_to_end(100),
                      "[/dev/zero] gives more than the 100 bytes that are read of it");
}

TEST_CASE("PPM and PGM as text") {
    CHECK(pixels(decode("P3 2 1 255\n1 2 3\n4 5 6\n")) == Samples{1, 2, 3, 4, 5, 6});
    CHECK(pixels(decode("P2\n# grey\n1 2\n15\n15 3")) == Samples{255, 255, 255, 51, 51, 51});
    CHECK_THROWS_WITH(decode("P2 2 1 255\n7"),
                      "[image] is not a complete PPM or PGM image: it has too few numbers");
    CHECK_THROWS_WITH(decode("P2 1 1 9\n10"), "[image] has a value of 10, more than its largest of 9");
}

TEST_CASE("a written PNG is read back") {
    const test::TemporaryFolder folder;
    const Tensor image = Tensor::from({5, 4, 3}, test::noise(4, 5));
    write_png(folder / "a.png", image);
    CHECK(pixels(read_image(folder / "a.png")) == pixels(image));
    CHECK_THROWS_WITH(write_png(folder / "b.png", Tensor::zeros({2, 2}, DType::uint8)),
                      "[png] takes (H, W, 3), got (2,2)");
    CHECK_THROWS_AS(write_png(folder / "none" / "b.png", image), Error);
}
