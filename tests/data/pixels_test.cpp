// Functions that look at pixels themselves take them from the memory of the CPU, and say so.
#include "tern/data/pixels.hpp"

#include "tern/data/channel_statistics.hpp"
#include "tern/data/cifar10.hpp"
#include "tern/data/image.hpp"
#include "tern/data/sample_sheet.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

// Says that it is on a GPU; nobody may look at its elements, so none is needed.
Tensor elsewhere(const Shape& shape, DType dtype) {
    const auto bytes = static_cast<std::size_t>(shape.numel() * size_of(dtype));
    return Tensor::view_of(Storage::adopt(nullptr, bytes, Device::cuda(), {}), 0, shape, dtype);
}

}  // namespace

TEST_CASE("images that are not bytes on the CPU are refused") {
    const test::TemporaryFolder folder;
    const Tensor there = elsewhere({4, 4, 3}, DType::uint8), wide = Tensor::zeros({4, 4, 3});
    const std::string rule = "takes pixels of uint8 on cpu, got ";
    CHECK_THROWS_WITH(fit_image(there, 32), "[fit_image] " + rule + "uint8 (4,4,3) on cuda:0");
    CHECK_THROWS_WITH(fit_image(wide, 32), "[fit_image] " + rule + "float32 (4,4,3) on cpu");
    CHECK_THROWS_WITH(write_png(folder / "a.png", there), "[png] " + rule + "uint8 (4,4,3) on cuda:0");
    CHECK_THROWS_WITH(write_png(folder / "a.png", wide), "[png] " + rule + "float32 (4,4,3) on cpu");
    CHECK_FALSE(std::filesystem::exists(folder / "a.png"));
    CHECK_THROWS_WITH(grey_image(there), "[grey_image] " + rule + "uint8 (4,4,3) on cuda:0");
    CHECK_THROWS_WITH(channel_statistics(elsewhere({2, 4, 4, 3}, DType::uint8)),
                      "[channel_statistics] takes samples on cpu, got uint8 (2,4,4,3) on cuda:0");
}

TEST_CASE("sets that are not on the CPU are refused") {
    const test::TemporaryFolder folder;
    const Dataset whole = make_synthetic({.train_samples = 5, .classes = 2}, Split::train);
    const auto check = [&](const Tensor& images, const Tensor& labels, const std::string& message) {
        const Dataset set{images, labels, whole.classes, whole.source};
        CHECK_THROWS_WITH(sample_sheet(set), "[sample_sheet] " + message);
        CHECK_THROWS_WITH(write_cifar10(folder / "set", set, whole), test::at(folder / "set") + message);
        CHECK_FALSE(std::filesystem::exists(folder / "set"));
    };
    check(elsewhere(whole.samples.shape(), DType::uint8), whole.targets,
          "takes samples and targets on cpu, got uint8 (5,32,32,3) on cuda:0 and int32 (5) on cpu");
    check(whole.samples, elsewhere({5}, DType::int32),
          "takes samples and targets on cpu, got uint8 (5,32,32,3) on cpu and int32 (5) on cuda:0");
    check(whole.samples, Tensor::zeros({5}, DType::int64),
          "takes 5 labels of int32 or targets of float32, got int64 (5) on cpu");
    check(whole.samples, Tensor::zeros({4}, DType::int32),
          "takes 5 labels of int32 or targets of float32, got int32 (4) on cpu");
    check(whole.samples.reshape({5, 32, 96}), whole.targets,
          "takes images (R, H, W, C) of uint8 or features of float32, got uint8 (5,32,96) on cpu");
    check(whole.samples, Tensor::full({5}, 2, DType::int32), "takes labels from 0 to 1, got 2");
}
