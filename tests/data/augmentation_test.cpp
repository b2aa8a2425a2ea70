// What crop_flip does to images: checked by finding where each came from.
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <optional>
#include <tuple>

#include "tern/core/random.hpp"
#include "tern/kernels/prepare_images/mix_quantiles.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

constexpr std::int64_t kSamples = 2000, kSize = 12, kPadding = 2;
using CropAndFlip = std::tuple<int, int, bool>;  // moves in h and w, mirrored

// Random bytes of 1 to 255, so that 0 is padding alone.
Tensor made_images() {
    const Tensor result = Tensor::empty({kSamples, kSize, kSize, 1}, DType::uint8);
    const RandomStream stream{1, RandomPurpose::user, 0};
    for (std::int64_t i = 0; i < result.numel(); ++i)
        result.data<std::uint8_t>()[i] =
            static_cast<std::uint8_t>(1 + stream.bits32(static_cast<std::uint64_t>(i)) % 255);
    return result;
}

Tensor prepared(const Tensor& images, const std::vector<std::int32_t>& samples,
                const PrepareImagesParams& params) {
    const auto count = static_cast<std::int64_t>(samples.size());
    return prepare_images(images, Tensor::from({count}, samples), Tensor::full({1}, 1), Tensor::zeros({1}),
                          DType::float32, params);
}

std::vector<std::int32_t> all_samples() {
    std::vector<std::int32_t> samples(kSamples);
    std::iota(samples.begin(), samples.end(), 0);
    return samples;
}

bool is_placed(const std::uint8_t* stored, const float* y, const CropAndFlip& place) {
    const auto [down, right, mirrored] = place;
    for (int h = 0; h < kSize; ++h) {
        for (int w = 0; w < kSize; ++w) {
            const int row = h + down, column = (mirrored ? static_cast<int>(kSize) - 1 - w : w) + right;
            const bool inside = row >= 0 && row < kSize && column >= 0 && column < kSize;
            const float expected = inside ? stored[row * kSize + column] : 0.0f;
            if (y[h * kSize + w] != expected) return false;
        }
    }
    return true;
}

std::optional<CropAndFlip> place_of(const std::uint8_t* stored, const float* y) {
    for (int down = -kPadding; down <= kPadding; ++down)
        for (int right = -kPadding; right <= kPadding; ++right)
            for (const bool mirrored : {false, true})
                if (is_placed(stored, y, {down, right, mirrored})) return CropAndFlip{down, right, mirrored};
    return {};
}

}  // namespace

TEST_CASE("crops and mirrors are all there, about equally often") {
    const Tensor images = made_images();
    const Tensor y = prepared(images, all_samples(), {kPadding, true, 3, 0});
    std::map<CropAndFlip, int> counts;
    for (std::int64_t n = 0; n < kSamples; ++n) {
        const auto place =
            place_of(images.data<std::uint8_t>() + n * kSize * kSize, y.data<float>() + n * kSize * kSize);
        REQUIRE(place.has_value());
        ++counts[*place];
    }
    // 50 places, 40 expected of each with a deviation of 6.3: six deviations leave no room for bad luck, the
    // seed being fixed.
    CHECK(counts.size() == 50);
    for (const auto& [place, count] : counts) CHECK((count > 2 && count < 78));
}

TEST_CASE("what happens to a sample does not depend on its batch, but on seed and epoch") {
    const Tensor images = made_images();
    const PrepareImagesParams params{kPadding, true, 3, 5};
    const Tensor together = prepared(images, all_samples(), params);
    const Tensor apart = prepared(images, {1999, 7, 7}, params);
    const auto image_of = [](const Tensor& y, std::int64_t n) {
        const auto pixels = y.elements<float>().subspan(static_cast<std::size_t>(n * kSize * kSize),
                                                        static_cast<std::size_t>(kSize * kSize));
        return std::vector<float>(pixels.begin(), pixels.end());
    };
    CHECK(image_of(apart, 0) == image_of(together, 1999));
    CHECK(image_of(apart, 1) == image_of(together, 7));
    CHECK(image_of(apart, 2) == image_of(together, 7));
    for (const PrepareImagesParams& other :
         {PrepareImagesParams{kPadding, true, 4, 5}, PrepareImagesParams{kPadding, true, 3, 6}}) {
        const Tensor y = prepared(images, all_samples(), other);
        int equal = 0;
        for (std::int64_t n = 0; n < kSamples; ++n) equal += image_of(y, n) == image_of(together, n);
        CHECK((equal > 2 && equal < 78));  // one in 50, as above
    }
}

TEST_CASE("mirrors that alternate are drawn once for each sample") {
    const Tensor images = made_images();
    const auto mirrored_in = [&](std::uint32_t epoch) {
        const Tensor y =
            prepared(images, all_samples(), {.flip = true, .seed = 3, .epoch = epoch, .alternate = true});
        std::vector<bool> mirrored;
        for (std::int64_t n = 0; n < kSamples; ++n)
            mirrored.push_back(is_placed(images.data<std::uint8_t>() + n * kSize * kSize,
                                         y.data<float>() + n * kSize * kSize, {0, 0, true}));
        return mirrored;
    };
    const std::vector<bool> first = mirrored_in(0);
    const auto count = std::ranges::count(first, true);
    CHECK((count > 866 && count < 1134));  // 1,000 and six deviations of 22.4
    std::vector<bool> others = first;
    others.flip();
    CHECK(mirrored_in(1) == others);
    CHECK(mirrored_in(2) == first);
    CHECK(mirrored_in(7) == others);
}

// Of the uniform and the arcsine distribution, whose quantiles have closed forms; and the part below 0.1 of another that has
// one, 3 x^2 - 2 x^3, and of one without, which a sum of two million terms gave.
TEST_CASE("shares of mixed images are quantiles of the beta distribution") {
    for (int i = 0; i < 256; ++i) {
        CHECK(mix_quantiles(1).values[i] == 256 * i);
        const double half = std::sin(std::numbers::pi / 2 * i / 256);
        CHECK(std::fabs(mix_quantiles(0.5).values[i] - half * half * 65536) <= 1);
    }
    const auto below_tenth = [](double alpha) {
        return std::ranges::count_if(mix_quantiles(alpha).values, [](int value) { return value < 6553; }) /
               256.0;
    };
    CHECK(std::fabs(below_tenth(0.2) - 0.3367) <= 1.0 / 256);
    CHECK(std::fabs(below_tenth(2) - 0.028) <= 1.0 / 256);
}

TEST_CASE("without padding and mirrors images stay as they are") {
    const Tensor images = made_images();
    const Tensor plain = prepared(images, all_samples(), {}),
                 other = prepared(images, all_samples(), {0, false, 9, 9});
    CHECK(std::ranges::equal(plain.elements<float>(), other.elements<float>()));
    CHECK(place_of(images.data<std::uint8_t>(), plain.data<float>()) == CropAndFlip{0, 0, false});
}
