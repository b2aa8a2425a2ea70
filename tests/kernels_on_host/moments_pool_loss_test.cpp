// What the generic cases cannot hold: NaN and ties bit for bit, labels that are none, moments of numbers that
// cancel. Each test is of one pass and skips programs that are built without it.
#include <cmath>
#include <limits>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/kernels_on_host/host_passes.hpp"

using namespace tern;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Runs the pass on the host; false where this program has it not.
bool run_on_host(const Pass& pass, ParamsRef params, const Tensors& inputs, const Tensors& outputs) {
    for (const test::HostPass& host : test::host_passes()) {
        if (host.pass != &pass) continue;
        host.run({pass, params, inputs, outputs}, current_stream(Device::cpu()));
        return true;
    }
    return false;
}

void run_ref(const Pass& pass, ParamsRef params, const Tensors& inputs, const Tensors& outputs) {
    pass.implementations.back().run({pass, params, inputs, outputs}, current_stream(Device::cpu()));
}

bool same_bytes(const Tensor& a, const Tensor& b) {
    return std::equal(a.raw_data(), a.raw_data() + a.bytes(), b.raw_data());
}

// Draws from a few values, so that every window has ties.
Tensor drawn(const Shape& shape, DType dtype, const std::vector<float>& values, std::uint64_t seed) {
    cases::Draw draw(seed);
    const Tensor tensor = Tensor::empty(shape);
    for (float& element : tensor.elements<float>())
        element = values[static_cast<std::size_t>(draw(0, static_cast<std::int64_t>(values.size()) - 1))];
    return cases::converted(tensor, dtype);
}

}  // namespace

TEST_CASE("max_pool2d on the host: NaN, infinities, zeros of both signs and ties as in ref, bit for bit") {
    const Window2d dense = Window2d::square(3, 2, 1), holes{2, 3, 2, 1, 2, 3, 3, 2, 0, 1};
    const Window2d wide = Window2d::square(17, 16, 8);  // 289 pixels: more than a byte numbers
    for (const Window2d& window : {dense, holes, wide}) {
        const MaxPool2dParams params{window};
        for (const DType dtype : {DType::float32, DType::bfloat16, DType::float16}) {
            for (const std::int64_t channels : {16, 5}) {
                INFO(window << ", " << dtype << ", " << channels << " channels");
                const Shape image{2, 18, 19, channels};
                const Tensor x =
                    drawn(image, dtype, {kNan, -kInfinity, -kInfinity, kInfinity, -0.0f, 0.0f, 1, 2}, 7);
                const Shape windows = window_output_shape("test", image, window, channels);
                const Tensor dy = drawn(windows, dtype, {1, 2, 3, 5}, 8);
                const Tensor y = Tensor::empty(windows, dtype), want_y = y.clone();
                const Tensor dx = Tensor::empty(image, dtype), want_dx = dx.clone();
                if (!run_on_host(info_of<max_pool2d_passes::Forward>(), ParamsRef(params), {x}, {y})) return;
                run_ref(info_of<max_pool2d_passes::Forward>(), ParamsRef(params), {x}, {want_y});
                CHECK(same_bytes(y, want_y));
                run_on_host(info_of<max_pool2d_passes::Backward>(), ParamsRef(params), {dy, x}, {dx});
                run_ref(info_of<max_pool2d_passes::Backward>(), ParamsRef(params), {dy, x}, {want_dx});
                CHECK(same_bytes(dx, want_dx));
            }
        }
    }
}

TEST_CASE("softmax_cross_entropy on the host: a label that is none makes a NaN and touches nothing else") {
    const SoftmaxCrossEntropyParams params{0.1};
    for (const std::int64_t classes : {10, 1500}) {
        const Tensor x = cases::make_tensor({{3, classes}}, DType::float32, 1), dloss = Tensor::full({}, 1);
        const auto last = static_cast<std::int32_t>(classes - 1);
        for (const std::int32_t label : {-1, last + 1, INT32_MIN, INT32_MAX, last}) {
            INFO("label " << label << " of " << classes);
            const auto labels = Tensor::from<std::int32_t>({3}, std::vector<std::int32_t>{0, label, 2});
            const Tensor loss = Tensor::empty({}), dx = Tensor::empty(x.shape());
            if (!run_on_host(info_of<softmax_cross_entropy_passes::Forward>(), ParamsRef(params), {x, labels},
                             {loss}))
                return;
            run_on_host(info_of<softmax_cross_entropy_passes::Backward>(), ParamsRef(params),
                        {x, labels, dloss}, {dx});
            CHECK(std::isnan(loss.item()) == (label != last));
            const auto wrong = [&] {
                std::int64_t count = 0;
                for (std::int64_t i = 0; i < dx.numel(); ++i)
                    count += std::isnan(dx.data<float>()[i]) != (label != last && i / classes == 1);
                return count;
            };
            CHECK(wrong() == 0);

            const softmax_cross_entropy_passes::RowsParams rows_params{0.1, 2};
            const Tensor weight = Tensor::full({classes}, 2), dlosses = Tensor::full({3}, 1);
            const Tensor losses = Tensor::empty({3}), row_weights = Tensor::empty({3});
            dx.fill_zero();
            run_on_host(info_of<softmax_cross_entropy_passes::RowsForward>(), ParamsRef(rows_params),
                        {x, labels, {}, weight}, {losses, row_weights});
            run_on_host(info_of<softmax_cross_entropy_passes::RowsBackward>(), ParamsRef(rows_params),
                        {x, labels, {}, weight, dlosses}, {dx});
            CHECK(std::isnan(losses.data<float>()[1]) == (label != last));
            CHECK(std::isnan(row_weights.data<float>()[1]) == (label != last));
            CHECK(losses.data<float>()[2] == 0);
            CHECK(row_weights.data<float>()[2] == 0);
            CHECK(wrong() == 0);
        }
    }
}

// The variance's relative error may grow with kappa = |x[0] - mean| / deviation, never with its square.
TEST_CASE("channel_moments on the host: neither large numbers nor a far first row cancel") {
    const NoParams none;
    constexpr std::int64_t kRows = 3000;
    for (const std::int64_t channels : {64, 5}) {
        for (const auto& [centre, first] :
             {std::pair{0.0, 0.0}, {1e4, 1e4}, {-3e6, -3e6}, {0.0, 1e3}, {1e4, 0.0}}) {
            INFO("centre " << centre << ", first row " << first << ", " << channels << " channels");
            const Tensor x =
                cases::make_tensor({{kRows, channels}, centre - 1, centre + 1}, DType::float32, 3);
            for (std::int64_t c = 0; c < channels; ++c) x.data<float>()[c] = static_cast<float>(first);
            const Tensor mean = Tensor::empty({channels}), variance = Tensor::empty({channels});
            if (!run_on_host(info_of<channel_moments_passes::Forward>(), ParamsRef(none), {x},
                             {mean, variance}))
                return;
            const Tensor wide = cases::converted(x, DType::float64);
            const Tensor true_mean = Tensor::empty({channels}, DType::float64),
                         true_variance = true_mean.clone();
            run_ref(info_of<channel_moments_passes::Forward>(), ParamsRef(none), {wide},
                    {true_mean, true_variance});
            for (std::int64_t c = 0; c < channels; ++c) {
                const double m = true_mean.data<double>()[c], v = true_variance.data<double>()[c];
                const double kappa = std::fabs(first - m) / std::sqrt(v), eps = epsilon_of(DType::float32);
                const double roundings = 4 * std::sqrt(static_cast<double>(kRows)) + 4;
                CHECK(std::fabs(variance.data<float>()[c] - v) <= roundings * (1 + kappa) * eps * v);
                // One rounding of the mean itself beside those of the distances.
                CHECK(std::fabs(mean.data<float>()[c] - m) <=
                      eps * std::fabs(m) + roundings * eps * (1 + kappa) * std::sqrt(v));
            }
        }
    }
}
