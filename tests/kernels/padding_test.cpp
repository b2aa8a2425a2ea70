// Weights and pixels that are no finite numbers, in convolutions with padding.
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/conv2d/conv2d.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::int64_t kHeight = 7, kWidth = 9;
const Window2d kWindow = Window2d::square(3, 1, 1);

Tensor made(const Shape& shape, std::uint64_t seed) {
    return cases::make_tensor({shape}, DType::float32, seed);
}

Tensor with_policy(const char* policy, const std::function<Tensor()>& result) {
    const KernelPolicyScope scope(KernelPolicy::parse(policy));
    return result();
}

// How many outputs (1, H, W, C) are not what ref has; `nan_at_border`: where a window reads padding, a NaN will do.
std::int64_t wrong(const std::function<Tensor()>& result, const char* policy, bool nan_at_border) {
    const Tensor want = with_policy("ref", result), got = with_policy(policy, result);
    const std::int64_t channels = want.dim(3);
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < want.numel(); ++i) {
        const std::int64_t h = i / channels / kWidth, w = i / channels % kWidth;
        const bool border = h == 0 || h == kHeight - 1 || w == 0 || w == kWidth - 1;
        const float a = want.data<float>()[i], b = got.data<float>()[i];
        if (nan_at_border && border && std::isnan(b)) continue;
        // 9 * 32 products below 1 in magnitude, twice for the pointwise part: far below 1e-3 in float32
        count += std::isfinite(a) ? !(std::fabs(a - b) <= 1e-3f) : std::isfinite(b);
    }
    return count;
}

}  // namespace

TEST_CASE("a weight that is no finite number meets padding as it is documented") {
    for (const std::int64_t channels : {32, 5}) {
        const Tensor x = made({1, kHeight, kWidth, channels}, 1), pointwise = made({6, channels}, 2);
        for (const float special : {kNan, kInfinity, -kInfinity}) {
            for (const std::int64_t tap : {0, 1, 5, 8}) {
                INFO(channels << " channels, a weight of " << special << " at tap " << tap);
                const Tensor weight = made({8, channels, 3, 3}, 3), filters = made({channels, 1, 3, 3}, 4);
                weight.data<float>()[tap] = filters.data<float>()[tap] = special;
                CHECK(wrong([&] { return conv2d(x, weight, {}, kWindow); }, "conv2d=cpu", true) == 0);
                CHECK(wrong([&] { return depthwise_conv2d(x, filters, {}, kWindow); }, "cpu", false) == 0);
                for (const Window2d& window : {Window2d::square(5, 1, 2), Window2d::square(3, 2, 1)}) {
                    const Tensor other = made({channels, 1, window.kernel_h, window.kernel_w}, 5);
                    other.data<float>()[tap] = special;
                    CHECK(wrong([&] { return depthwise_conv2d(x, other, {}, window); }, "cpu", false) == 0);
                }
                CHECK(wrong([&] { return separable_conv2d(x, {}, filters, pointwise).output; }, "cpu",
                            false) == 0);
            }
        }
    }
}

// Which Winograd's method, that auto may take, does not promise.
TEST_CASE("with conv2d=cpu a pixel that is no finite number reaches the windows that read it") {
    const Tensor weight = made({32, 32, 3, 3}, 3);
    for (const float special : {kNan, kInfinity, 1e38f}) {
        const Tensor x = made({1, kHeight, kWidth, 32}, 1);
        x.data<float>()[(3 * kWidth + 4) * 32] = special;
        const Tensor y = with_policy("auto,conv2d=cpu", [&] { return conv2d(x, weight, {}, kWindow); });
        std::int64_t reached = 0, outside = 0;
        for (std::int64_t i = 0; i < y.numel(); ++i) {
            const std::int64_t h = i / 32 / kWidth, w = i / 32 % kWidth;
            const bool reads = std::abs(h - 3) <= 1 && std::abs(w - 4) <= 1;
            // below 9 * 32 where no large number is read
            const bool large = !(std::fabs(y.data<float>()[i]) <= 288);
            reached += reads && large;
            outside += !reads && large;
        }
        CHECK(reached > 0);
        CHECK(outside == 0);
    }
}
