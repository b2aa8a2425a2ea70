// Scaling agrees with Pillow and torchvision to the bit.
#include "tern/data/image.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_images.hpp"

using namespace tern;

namespace {

std::uint64_t fingerprint(const Tensor& image) {  // FNV-1a
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const std::uint8_t byte : image.elements<std::uint8_t>()) hash = (hash ^ byte) * 0x100000001b3u;
    return hash;
}

struct Golden {
    int height, width;
    std::array<int, 3> first, last;  // pixels
    std::uint64_t print;
};

// As tests/data/pillow_golden.py prints it, with Pillow 9.4.
constexpr Golden kGolden[] = {
    {48, 64, {112, 122, 112}, {84, 169, 96}, 0xfd15d960c656dd42u},
    {100, 37, {76, 201, 161}, {119, 113, 163}, 0xbc1e8e8bf155fd66u},
    {33, 47, {68, 159, 80}, {138, 165, 78}, 0x6a8faa4fcc79695du},
    {20, 50, {157, 91, 84}, {177, 57, 115}, 0x2cf470f240aaed3fu},
    {32, 32, {198, 126, 129}, {173, 231, 234}, 0x187d41278eccf5d8u},
    {500, 301, {126, 131, 127}, {120, 128, 125}, 0x1ce317bbcc91aaa3u},
    {7, 5, {164, 59, 162}, {133, 120, 5}, 0xa410654267b3c8b9u},
    {1, 40, {96, 214, 152}, {142, 34, 64}, 0xc443735aaa446725u},
    {3, 1000, {124, 145, 96}, {31, 150, 207}, 0x101561f50957ee1bu},
    {64, 67, {133, 113, 132}, {165, 137, 168}, 0x701b780c84429677u},
};

}  // namespace

TEST_CASE("images are scaled and cut as Pillow and torchvision do") {
    for (const Golden& golden : kGolden) {
        INFO(golden.height << " x " << golden.width);
        const Tensor image =
            Tensor::from({golden.height, golden.width, 3}, test::noise(golden.width, golden.height));
        const Tensor fitted = fit_image(image, 32);
        REQUIRE((fitted.shape() == Shape{32, 32, 3}));
        const std::uint8_t* pixel = fitted.data<std::uint8_t>();
        for (std::size_t c = 0; c < 3; ++c) {
            CHECK(pixel[c] == golden.first[c]);
            CHECK(pixel[3 * 32 * 32 - 3 + c] == golden.last[c]);
        }
        CHECK(fingerprint(fitted) == golden.print);
    }
}

TEST_CASE("grey images are those of Pillow's convert(\"L\")") {
    const Tensor grey = grey_image(Tensor::from(
        {1, 5, 3}, std::vector<std::uint8_t>{255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 200, 31}));
    CHECK((grey.shape() == Shape{1, 5, 1}));
    const auto bytes = grey.elements<std::uint8_t>();
    CHECK((std::vector<int>(bytes.begin(), bytes.end()) == std::vector<int>{255, 76, 150, 29, 124}));
    CHECK_THROWS_WITH(grey_image(Tensor::zeros({4, 4}, DType::uint8)),
                      "[grey_image] takes (H, W, 3), got (4,4)");
}

TEST_CASE("what cannot be fitted is refused") {
    CHECK_THROWS_WITH(fit_image(Tensor::zeros({4, 4}, DType::uint8), 32),
                      "[fit_image] takes (H, W, 3) of 1 to 67108864 pixels, got (4,4)");
    CHECK_THROWS_WITH(fit_image(Tensor::zeros({0, 4, 3}, DType::uint8), 32),
                      "[fit_image] takes (H, W, 3) of 1 to 67108864 pixels, got (0,4,3)");
    CHECK_THROWS_WITH(fit_image(Tensor::zeros({4, 4, 3}, DType::uint8), 0),
                      "[fit_image] the size must be 1 to 8192, got 0");
}
