// Augmentation as text: what is taken, how it is written, what is refused.
#include "tern/data/augmentation.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("an augmentation is read from its text and written in one form") {
    const PrepareImagesParams all{.crop_padding = 4,
                                  .flip = true,
                                  .crop_border = CropBorder::reflect,
                                  .alternate = true,
                                  .rotate = 15,
                                  .cutout = 8,
                                  .sharpen = 1.2,
                                  .brightness = 0.1,
                                  .contrast = 0.2,
                                  .saturation = 0.5,
                                  .hue = 0.05,
                                  .mixup = 0.5,
                                  .cutmix = 1};
    const char* const text =
        "crop=4:reflect,flip=alternate,rotate=15,cutout=8,sharpen=1.2,brightness=0.1,contrast=0.2,saturation="
        "0.5,"
        "hue=0.05,mixup=0.5,cutmix=1";
    CHECK(parse_augmentation(text) == all);
    CHECK(augmentation_text(all) == text);
    CHECK(parse_augmentation("none") == PrepareImagesParams{});
    CHECK(parse_augmentation("crop-flip") == PrepareImagesParams{.crop_padding = 4, .flip = true});
    const auto same = [](const char* other) { return augmentation_text(parse_augmentation(other)); };
    CHECK(same("none") == "none");
    CHECK(same("flip=random,crop=4:black") == "crop-flip");
    CHECK(same("flip,crop=3") == "crop=3,flip");
    CHECK(same("crop=4:edge,flip") == "crop=4:edge,flip");
    CHECK(same("hue=0.500,cutout=3") == "cutout=3,hue=0.5");
}

TEST_CASE("what is no augmentation is refused with the rule and the value") {
    const auto check = [](const char* text, const char* message) {
        INFO(text);
        CHECK_THROWS_WITH(parse_augmentation(text), std::string("[augment] ") + message);
    };
    const std::string names =
        "must be none, crop-flip, or a list of crop, flip, rotate, cutout, sharpen, brightness, contrast, "
        "saturation, "
        "hue, mixup, cutmix, got ";
    check("blur=2", (names + "blur").c_str());
    check("crop=4,none", (names + "none").c_str());
    check("", (names + "nothing").c_str());
    check("crop=4,,flip", (names + "nothing").c_str());
    check("crop", "crop must be a whole number of at least 1 and at most 32767, got nothing");
    check("crop=0", "crop must be a whole number of at least 1 and at most 32767, got 0");
    check("crop=4.5", "crop must be a whole number of at least 1 and at most 32767, got 4.5");
    check("crop=4:wrap", "the border of crop must be one of black, edge, reflect, got wrap");
    check("flip=always", "flip must be one of random, alternate, got always");
    check("rotate=181", "rotate must be a number above 0 and at most 180, got 181");
    check("cutout=-2", "cutout must be a whole number of at least 1 and at most 32767, got -2");
    check("hue=0.6", "hue must be a number above 0 and at most 0.5, got 0.6");
    check("contrast=nan", "contrast must be a number above 0 and at most 1, got nan");
    check("mixup=1,flip,mixup=2", "mixup is given twice, got mixup=1,flip,mixup=2");
    check("rotate=15:reflect", "rotate takes no mode, got reflect");
}
