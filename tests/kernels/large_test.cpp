// Tensors of more than 2^31 elements: 8.6 GB of float32, which all of these read.
#include <algorithm>
#include <fstream>
#include <string>

#include "tern/kernels/accumulate/accumulate.hpp"
#include "tern/kernels/concat/concat.hpp"
#include "tern/kernels/conv2d/conv2d.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/kernels/global_average_pool/global_average_pool.hpp"
#include "tern/kernels/linear/linear.hpp"
#include "tern/kernels/max_pool2d/max_pool2d.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

constexpr std::int64_t kImages = 32769, kSide = 32, kChannels = 64;  // 2^31 + 65536 elements

bool has_memory(std::int64_t bytes) {
    std::ifstream file("/proc/meminfo");
    for (std::string key; file >> key;) {
        std::int64_t kilobytes = 0;
        if (key == "MemAvailable:" && file >> kilobytes) return kilobytes * 1024 >= bytes;
        file.ignore(1000, '\n');
    }
    return false;
}

// Zero but for the last image, which is i % 7 at its element i.
Tensor images() {
    const Tensor x = Tensor::zeros({kImages, kSide, kSide, kChannels});
    const std::int64_t each = kSide * kSide * kChannels;
    for (std::int64_t i = 0; i < each; ++i)
        x.data<float>()[(kImages - 1) * each + i] = static_cast<float>(i % 7);
    return x;
}

Tensor last(const Tensor& tensor) { return tensor.slice(tensor.dim(0) - 1, tensor.dim(0)); }

bool same_elements(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && std::ranges::equal(a.elements<float>(), b.elements<float>());
}

bool all_zero(const Tensor& tensor) {
    return std::ranges::all_of(tensor.elements<float>(), [](float value) { return value == 0; });
}

}  // namespace

TEST_CASE("operations reach all of a tensor of more than 2^31 elements", "[.large]") {
    if (!has_memory(std::int64_t{12} << 30)) {
        WARN("not run: 12 GiB of free memory are needed");
        return;
    }
    const Tensor x = images(), one = last(x).clone();
    REQUIRE(x.numel() > std::int64_t{1} << 31);
    // On the last image alone every one of them gives the same bits.
    const auto check = [&](const char* name, const auto& function) {
        INFO(name);
        const Tensor y = function(x);
        CHECK(same_elements(last(y), function(one)));
        CHECK(all_zero(y.slice(0, y.dim(0) - 1)));
    };
    check("conv2d", [](const Tensor& image) {
        return conv2d(image, Tensor::full({1, kChannels, 3, 3}, 0.5), {}, Window2d::square(3, 31, 1));
    });
    check("depthwise_conv2d", [](const Tensor& image) {
        return depthwise_conv2d(image, Tensor::full({kChannels, 1, 3, 3}, 0.5), {},
                                Window2d::square(3, 31, 1));
    });
    check("linear", [](const Tensor& image) {
        return linear(image, Tensor::full({1, kChannels}, 0.5), Tensor());
    });
    check("max_pool2d", [](const Tensor& image) { return max_pool2d(image, Window2d::square(4, 28)); });
    check("global_average_pool", [](const Tensor& image) { return global_average_pool(image); });
    check("sum", [](const Tensor& image) { return sum(image, {3}, true); });
    accumulate(x, x);
    CHECK(last(x).data<float>()[one.numel() - 1] == 2 * one.data<float>()[one.numel() - 1]);
}

TEST_CASE("batches are gathered from more than 2^31 bytes", "[.large]") {
    constexpr std::int64_t kSamples = 700000, kBytes = 3 * kSide * kSide;  // 2.15e9 bytes
    const Tensor set = Tensor::zeros({kSamples, kSide, kSide, 3}, DType::uint8);
    set.data<std::uint8_t>()[kSamples * kBytes - 1] = 255;
    const Tensor samples = Tensor::from<std::int64_t>({2}, std::vector<std::int64_t>{0, kSamples - 1});
    const Tensor ones = Tensor::full({3}, 1), zeros = Tensor::zeros({3});
    const Tensor batch = prepare_images(set, samples, ones, zeros);
    CHECK(all_zero(batch.slice(0, 1)));
    CHECK(batch.data<float>()[2 * kBytes - 1] == 255);
    CHECK(batch.data<float>()[2 * kBytes - 2] == 0);
}
