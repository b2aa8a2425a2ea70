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
    return prepare_images(set.samples, Tensor::from({set.size()}, all),
                          normalization.scale_tensor({3}, DType::float64, Device::cpu()),
                          normalization.shift_tensor({3}, DType::float64, Device::cpu()), DType::float64);
}

}  // namespace

TEST_CASE("unit and half map bytes to [0, 1] and [-1, 1]") {
    const Dataset set = make_synthetic(kOptions, Split::train);
    const Tensor unit = prepared(set, make_normalization("unit", set)),
                 half = prepared(set, make_normalization("half", set));
    for (std::int64_t i = 0; i < unit.numel(); ++i) {
        const double x = set.samples.data<std::uint8_t>()[i] / 255.0;
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
    set.samples = Tensor::full({2, 32, 32, 3}, 7, DType::uint8);
    CHECK_THROWS_WITH(
        make_normalization("dataset", set),
        "[synthetic] channel 0 has one colour everywhere, so the set has no deviation to normalise by");
}

TEST_CASE("mean and variance of channels") {
    const Tensor images =
        Tensor::from({2, 1, 2, 3}, std::vector<std::uint8_t>{0, 7, 255, 2, 7, 255, 4, 7, 0, 6, 7, 0});
    const ChannelStatistics statistics = channel_statistics(images);
    CHECK((statistics.mean == std::vector<double>{3, 7, 127.5}));
    CHECK((statistics.variance == std::vector<double>{5, 0, 127.5 * 127.5}));
    CHECK_THROWS_WITH(channel_statistics(Tensor::zeros({2, 4, 1}, DType::uint8)),
                      "[channel_statistics] takes images (R, H, W, C), got uint8 (2,4,1) on cpu");
    CHECK_THROWS_WITH(channel_statistics(Tensor::zeros({0, 4, 1, 3}, DType::uint8)),
                      "[channel_statistics] takes at least one number, got uint8 (0,4,1,3) on cpu");
}

TEST_CASE("features are normalised element by element") {
    // Far from zero: the second column's deviation is a thousandth of a millionth of its mean.
    const Dataset set{Tensor::from({4, 3}, {1.0f, 4194304.0f, 5.0f, 3.0f, 4194304.5f, 5.0f,  //
                                            1.0f, 4194305.0f, 5.0f, 3.0f, 4194304.5f, 5.0f}),
                      Tensor::zeros({4, 1})};
    const ChannelStatistics statistics = channel_statistics(set.samples);
    CHECK((statistics.mean == std::vector<double>{2, 4194304.5, 5}));
    CHECK((statistics.variance == std::vector<double>{1, 0.125, 0}));
    const Normalization normalization = make_normalization("dataset", set);
    CHECK((normalization.scale == std::vector<double>{1, 1 / std::sqrt(0.125), 1}));
    CHECK((normalization.shift == std::vector<double>{-2, -4194304.5 / std::sqrt(0.125), -5}));
    CHECK(make_normalization("none", set).scale.empty());
    CHECK_THROWS_WITH(make_normalization("unit", set),
                      "[normalize] \"unit\" is none of none, dataset, which features take");
}
