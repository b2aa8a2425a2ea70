// A sheet has a row for each class: its name in letters, then its first images.
#include "tern/data/sample_sheet.hpp"

#include "tern/data/letters.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

std::array<int, 3> at(const Tensor& sheet, std::int64_t y, std::int64_t x) {
    const std::uint8_t* pixel = sheet.data<std::uint8_t>() + (y * sheet.dim(1) + x) * 3;
    return {pixel[0], pixel[1], pixel[2]};
}

constexpr std::array<int, 3> kWhite{255, 255, 255}, kBlack{0, 0, 0};

}  // namespace

TEST_CASE("a sheet shows names and images of all classes") {
    Dataset set = make_synthetic({.train_samples = 20, .classes = 3}, Split::train);
    set.classes = {"L", "\xC3\xA9t\xC3\xA9", "a name that is too long"};
    const Tensor sheet = sample_sheet(set, {.columns = 4, .zoom = 2});
    // Sixteen letters of 6 pixels, drawn twice as large, and a gap on both sides.
    const std::int64_t label = 16 * 12 + 8;
    REQUIRE((sheet.shape() == Shape{3 * 68 + 4, label + 4 * 68, 3}));

    // Sample 3 is the second of class 0; each of its pixels is 2 x 2.
    const std::uint8_t* pixels = set.samples.data<std::uint8_t>() + 3 * 3072;
    for (const std::int64_t y : {0, 7, 31})
        for (const std::int64_t x : {0, 9, 31})
            for (const std::int64_t half : {0, 1})
                CHECK((at(sheet, 4 + 2 * y + half, label + 68 + 2 * x + half) ==
                       std::array<int, 3>{pixels[(y * 32 + x) * 3], pixels[(y * 32 + x) * 3 + 1],
                                          pixels[(y * 32 + x) * 3 + 2]}));
    CHECK(at(sheet, 0, label) == kWhite);
    CHECK(at(sheet, 4 + 64, label + 5) == kWhite);

    // "L": a column of 7 pixels at the left, a row of 5 below.
    const std::int64_t top = 4 + (64 - 14) / 2;
    CHECK(at(sheet, top, 4) == kBlack);
    CHECK(at(sheet, top + 13, 4 + 9) == kBlack);
    CHECK(at(sheet, top, 4 + 9) == kWhite);
    // Of a letter outside ASCII a box, and only one.
    CHECK(at(sheet, 68 + top, 4 + 9) == kBlack);
    CHECK(at(sheet, 68 + top, 4 + 12 + 9) == kBlack);  // T
    CHECK(at(sheet, 68 + top + 13, 4 + 12 + 9) == kWhite);
    CHECK(at(sheet, 68 + top + 13, 4 + 24 + 9) == kBlack);  // the second box
    CHECK(at(sheet, 68 + top, 4 + 36 + 9) == kWhite);
}

TEST_CASE("classes without images have an empty row") {
    Dataset set = make_synthetic({.train_samples = 1, .classes = 2}, Split::train);
    const Tensor sheet = sample_sheet(set, {.columns = 2, .zoom = 1});
    CHECK((sheet.shape() == Shape{2 * 36 + 4, 7 * 12 + 8 + 2 * 36, 3}));
    CHECK(at(sheet, 36 + 4 + 9, 7 * 12 + 8 + 9) == kWhite);
    CHECK_THROWS_WITH(sample_sheet(set, {.columns = 0}),
                      "[sample_sheet] takes 1 to 100 columns and a zoom of 1 to 8, got 0 and 2");
}

TEST_CASE("small letters are drawn as capitals") {
    CHECK(letter_for('q') == letter_for('Q'));
    CHECK(letter_for('q') != letter_for('O'));
    CHECK(letter_for('\x01') == letter_for('\xFF'));
    CHECK(letter_for('I') == Letter{14, 4, 4, 4, 4, 4, 14});
}
