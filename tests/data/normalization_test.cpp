// Normalisations against their definitions.
#include "tern/data/normalization.hpp"

#include <cmath>

#include "tern/data/channel_statistics.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

const SyntheticOptions kOptions{.seed = 5, .train_samples = 30};

Tensor prepared(const Dataset& set, const Normalization& normalization) {
    std::vector<std::int32_t> all(static_cast<std::size_t>(set.size()));
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int32_t>(i);
    return prepare_images(set.images, Tensor::from({set.size()}, all),
                          normalization.scale_tensor(DType::float64, Device::cpu()),
                          normalization.shift_tensor(DType::float64, Device::cpu()), DType::float64);
}

}  // namespace

TEST_CASE("unit and half map bytes to [0, 1] and [-1, 1]") {
    const Dataset set = make_synthetic(kOptions, Split::train);
    const Tensor unit = prepared(set, make_normalization("unit", set)),
                 half = prepared(set, make_normalization("half", set));
    for (std::int64_t i = 0; i < unit.numel(); ++i) {
        // (R, 3, 32, 32) to (R, 32, 32, 3)
        const std::int64_t sample = i / 3072, pixel = i % 3072 / 3, channel = i % 3;
        const double x = set.images.data<std::uint8_t>()[(sample * 3 + channel) * 1024 + pixel] / 255.0;
        if (!(std::fabs(unit.data<double>()[i] - x) <= 1e-15)) FAIL("unit, element " << i);
        if (!(std::fabs(half.data<double>()[i] - (x - 0.5) / 0.5) <= 1e-15)) FAIL("half, element " << i);
    }
}

TEST_CASE("dataset gives every channel mean 0 and deviation 1") {
    const Dataset set = make_synthetic(kOptions, Split::train);
    const Tensor y = prepared(set, make_normalization("dataset", set));
    for (std::int64_t channel = 0; channel < 3; ++channel) {
        double sum = 0, squares = 0;
        for (std::int64_t i = channel; i < y.numel(); i += 3) {
            sum += y.data<double>()[i];
            squares += y.data<double>()[i] * y.data<double>()[i];
        }
        const double count = static_cast<double>(y.numel()) / 3;
        CHECK(std::fabs(sum / count) <= 1e-12);
        CHECK(std::fabs(squares / count - 1) <= 1e-12);
    }
}

TEST_CASE("normalisations are checked") {
    Dataset set = make_synthetic(kOptions, Split::train);
    CHECK_THROWS_WITH(make_normalization("zero", set), "[normalize] \"zero\" is none of unit, half, dataset");
    set.images = Tensor::full({2, 3, 32, 32}, 7, DType::uint8);
    CHECK_THROWS_WITH(
        make_normalization("dataset", set),
        "[synthetic] channel 0 has one colour everywhere, so the set has no deviation to normalise by");
}

TEST_CASE("mean and variance of channels") {
    const Tensor images =
        Tensor::from({2, 3, 1, 2}, std::vector<std::uint8_t>{0, 2, 7, 7, 255, 255, 4, 6, 7, 7, 0, 0});
    const ChannelStatistics statistics = channel_statistics(images);
    CHECK((statistics.mean == std::array<double, 3>{3, 7, 127.5}));
    CHECK((statistics.variance == std::array<double, 3>{5, 0, 127.5 * 127.5}));
    CHECK_THROWS_WITH(channel_statistics(Tensor::zeros({2, 4, 1, 2}, DType::uint8)),
                      "[channel_statistics] takes (R, 3, H, W) of at least one pixel, got (2,4,1,2)");
}
