// Augmented images against make_augmentation_golden.py, which computes them by itself.
#include "tern/data/augmentation.hpp"

#include <cmath>

#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/golden/golden_file.hpp"

using namespace tern;
using test::Json;

namespace {

Tensor stored_images(const Json& shape) {
    const Tensor images = Tensor::empty({shape[0].get<std::int64_t>(), shape[1].get<std::int64_t>(),
                                         shape[2].get<std::int64_t>(), shape[3].get<std::int64_t>()},
                                        DType::uint8);
    std::uint64_t state = 1;
    for (std::uint8_t& byte : images.elements<std::uint8_t>()) {
        state = (state * 1103515245 + 12345) % (std::uint64_t{1} << 31);
        byte = static_cast<std::uint8_t>(state >> 16 & 255);
    }
    return images;
}

PrepareImagesParams params_of(const Json& golden, const Json& item) {
    PrepareImagesParams params = parse_augmentation(item["augment"].get<std::string>());
    params.seed = std::stoull(golden["seed"].get<std::string>());
    params.epoch = item["epoch"].get<std::uint32_t>();
    params.height = item["size"][0].get<std::int64_t>();
    params.width = item["size"][1].get<std::int64_t>();
    return params;
}

// Of 255. Positions of turned images are multiples of 2^-11: half of that along each axis, times 255, and half a byte.
// A hue's sine is off by 2^-21 (fixed_angle.hpp): times the rows of its matrix, 2 in all, a gain of up to 2.4 and 255.
// The numbers have six decimals; in float32 24 roundings of some 2,000 come to less than 0.01.
double allowed(const PrepareImagesParams& params, DType dtype) {
    double error = dtype == DType::float32 ? 1e-2 : 1e-6;
    if (params.rotate > 0) error += 255.0 / 2048 + 0.5;
    if (params.hue > 0) error += 2 * 2.4 * 255 / (1 << 21);
    return error;
}

}  // namespace

TEST_CASE("augmented images are those of a script of plain loops") {
    const Json golden = test::read_golden("augmentation");
    REQUIRE(golden["cases"].size() == 19);
    const Tensor images = stored_images(golden["images"]);
    const auto numbers = golden["samples"].get<std::vector<std::int32_t>>();
    const auto count = static_cast<std::int64_t>(numbers.size());
    const Tensor samples = Tensor::from({count}, numbers), scale = Tensor::full({3}, 1),
                 shift = Tensor::zeros({3});
    for (const Json& item : golden["cases"]) {
        const PrepareImagesParams params = params_of(golden, item);
        std::vector<double> expected;
        for (const Json& sample : item["values"])
            for (const Json& value : sample) expected.push_back(value.get<double>());
        for (const DType dtype : {DType::float64, DType::float32}) {  // ref, cpu
            INFO(item["augment"].get<std::string>() << ", " << dtype);
            const Tensor y = prepare_images(images, samples, scale, shift, dtype, params);
            REQUIRE(y.numel() == static_cast<std::int64_t>(expected.size()));
            double worst = 0;
            visit_floating(dtype, [&]<class T>() {
                for (std::size_t i = 0; i < expected.size(); ++i)
                    worst = std::fmax(worst, std::fabs(static_cast<double>(y.data<T>()[i]) - expected[i]));
            });
            CHECK(worst <= allowed(params, dtype));
        }
    }
}

TEST_CASE("the targets of mixed images are those of a script of plain loops") {
    const Json golden = test::read_golden("augmentation");
    const auto numbers = golden["samples"].get<std::vector<std::int32_t>>();
    const auto count = static_cast<std::int64_t>(numbers.size());
    const std::vector<std::int32_t> labels{4, 2, 0, 1, 3, 0, 2, 4, 1};
    for (const Json& item : golden["cases"]) {
        INFO(item["augment"].get<std::string>());
        const Tensor y =
            mixed_targets(Tensor::from({9}, labels), Tensor::from({count}, numbers), 5,
                          golden["images"][1].get<std::int64_t>(), golden["images"][2].get<std::int64_t>(),
                          DType::float64, params_of(golden, item));
        for (std::size_t n = 0; n < numbers.size(); ++n) {
            std::vector<double> expected(5);
            const double own = item["own"][n].get<double>();
            expected[static_cast<std::size_t>(labels[static_cast<std::size_t>(numbers[n])])] += own;
            expected[static_cast<std::size_t>(labels[item["partners"][n].get<std::size_t>()])] += 1 - own;
            for (std::size_t k = 0; k < 5; ++k)
                CHECK(std::fabs(y.data<double>()[n * 5 + k] - expected[k]) <= 1e-15);
        }
    }
}
