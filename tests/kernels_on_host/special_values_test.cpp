// NaN, infinities, ties and numbers outside a range in our CUDA kernels, run on the host: what ref gives,
// exactly.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/argmax/argmax_passes.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/cast/cast_passes.hpp"
#include "tern/kernels/compare/compare_passes.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss_passes.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"
#include "tern/kernels/gather/gather_passes.hpp"
#include "tern/kernels/index_select/index_select_passes.hpp"
#include "tern/kernels/metrics/metrics_passes.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"
#include "tern/kernels/reduce/reduce_passes.hpp"
#include "tern/kernels/topk/topk_passes.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/kernels_on_host/host_passes.hpp"

using namespace tern;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor vector_of(const std::vector<float>& values) {
    return Tensor::from<float>({static_cast<std::int64_t>(values.size())}, values);
}

bool same(const Tensor& a, const Tensor& b) {
    const std::vector<double> left = cases::to_doubles(a), right = cases::to_doubles(b);
    return std::equal(left.begin(), left.end(), right.begin(),
                      [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

// Null in a program that was built without the operation's kernels.
const test::HostPass* find_host_pass(const Pass& pass) {
    const auto hosts = test::host_passes();
    const auto host = std::ranges::find(hosts, &pass, &test::HostPass::pass);
    return host == hosts.end() ? nullptr : &*host;
}

// Runs the pass on the host and with ref from the same `outputs`, and compares these.
template <TypedPass P>
void check_like_ref(const ParamsOf<P>& params, const Tensors& inputs, const Tensors& outputs) {
    const Pass& pass = info_of<P>();
    const test::HostPass* const host = find_host_pass(pass);
    if (host == nullptr) return;
    Tensors want;
    for (const Tensor& output : outputs) want.push_back(output.clone());
    const Stream stream = current_stream(Device::cpu());
    pass.implementations.back().run({pass, ParamsRef(params), inputs, want}, stream);
    host->run({pass, ParamsRef(params), inputs, outputs}, stream);
    INFO(pass.op << '.' << pass.name);
    for (std::size_t i = 0; i < outputs.size(); ++i) CHECK(same(outputs[i], want[i]));
}

}  // namespace

TEST_CASE(
    "kernels on the host: a NaN comes through every activation, and kinks have the lower side's slope") {
    const Tensor x = vector_of({kNan, -3, 0, 3, 6, -0.0f, 7, -7}), dy = vector_of({1, 2, 3, 4, 5, 6, 7, 8});
    using enum Activation;
    for (const Activation kind : {none, relu, relu6, leaky_relu, hard_swish}) {
        const ActivationParams params{kind, 0.25};
        check_like_ref<activation_passes::Forward>(params, {x}, {Tensor::zeros({8})});
        check_like_ref<activation_passes::Backward>(params, {x, dy}, {Tensor::zeros({8})});
    }
    for (const Activation kind : {elu, gelu, gelu_tanh, silu, sigmoid, Activation::tanh}) {
        const Tensor nans = vector_of({kNan, kNan});
        check_like_ref<activation_passes::Forward>({kind, 0}, {nans}, {Tensor::zeros({2})});
    }
}

TEST_CASE("kernels on the host: casts keep inside an integer's range") {
    const Tensor wide =
        vector_of({kNan, kInfinity, -kInfinity, 1e30f, -1e30f, 255.9f, 256, -0.5f, -3.7f, 2147483648.0f});
    const auto large = Tensor::from<std::int64_t>(
        {4}, std::vector<std::int64_t>{-1, 256, 0x1'2345'6789, std::numeric_limits<std::int64_t>::min()});
    for (const Tensor& x : {wide, large}) {
        for (const DType to :
             {DType::uint8, DType::int8, DType::int32, DType::int64, DType::float16, DType::bfloat16})
            check_like_ref<cast_passes::Forward>({}, {x}, {Tensor::zeros(x.shape(), to)});
    }
}

TEST_CASE("kernels on the host: the first NaN of a row is predicted, else the first of the largest") {
    for (const std::int64_t classes : {3, 40, 70}) {
        const Tensor logits = Tensor::full({7, classes}, -1);
        float* const at = logits.data<float>();
        at[0 * classes + 1] = at[0 * classes + classes - 1] = 2;  // a tie
        at[1 * classes + 2] = kNan;
        at[1 * classes] = kInfinity;                                 // a NaN counts more
        at[2 * classes + 1] = at[2 * classes + classes - 1] = kNan;  // the first of two
        std::fill_n(at + 3 * classes, classes, -kInfinity);
        at[4 * classes + classes - 1] = kInfinity;
        // Rows 5 and 6 tie throughout, under labels that are none.
        const auto labels = Tensor::from<std::int32_t>(
            {7}, std::vector<std::int32_t>{1, 2, 1, 0, static_cast<std::int32_t>(classes - 1), -1, 100});
        const Tensor total = Tensor::full({2}, 5, DType::float64);
        for (const std::int64_t top_k : {1, 2, 3, 100})
            check_like_ref<metrics_passes::Correct>({top_k}, {total, logits, labels}, {total.clone()});
        const Tensor matrix = Tensor::zeros({classes, classes}, DType::int64);
        check_like_ref<metrics_passes::Confusion>({}, {matrix, logits, labels}, {matrix.clone()});
    }
}

TEST_CASE("kernels on the host: a NaN comes through every extreme, wherever it stands") {
    for (const Reduction kind : {Reduction::max, Reduction::min}) {
        for (const std::int64_t place : {0, 7, 20, 39}) {
            const Tensor x = Tensor::full({40}, 1);
            x.data<float>()[place] = kNan;
            check_like_ref<reduce_passes::Forward>({kind, 0b1}, {x}, {Tensor::zeros({})});
            const Tensor columns = x.reshape({20, 2}), rows = x.reshape({2, 20});
            check_like_ref<reduce_passes::Forward>({kind, 0b01}, {columns}, {Tensor::zeros({2})});
            check_like_ref<reduce_passes::Forward>({kind, 0b10}, {rows}, {Tensor::zeros({2})});
        }
        const Tensor x = vector_of({-kInfinity, -kInfinity, kInfinity, kInfinity}).reshape({2, 2});
        check_like_ref<reduce_passes::Forward>({kind, 0b10}, {x}, {Tensor::zeros({2})});
    }
    const Tensor a = vector_of({kNan, 1, kInfinity, 0, 0, 0, -2}),
                 b = vector_of({1, kNan, -kInfinity, 0, 2, -1, 2});
    for (const BinaryKind kind : {BinaryKind::maximum, BinaryKind::minimum, BinaryKind::pow, BinaryKind::div})
        check_like_ref<elementwise_binary_passes::Forward>({kind}, {a, b}, {Tensor::zeros({7})});
    const Tensor zeros = vector_of({0, 0, 0, 2}), powers = vector_of({0, 2, 1, 0}),
                 dy = vector_of({1, 1, 1, 1});
    check_like_ref<elementwise_binary_passes::BackwardA>({BinaryKind::pow}, {zeros, powers, dy},
                                                         {Tensor::zeros({4})});
    check_like_ref<elementwise_binary_passes::BackwardB>({BinaryKind::pow}, {zeros, powers, dy},
                                                         {Tensor::zeros({4})});
}

TEST_CASE("kernels on the host: gradients of extremes at a NaN, and of quotients far from 1") {
    const Tensor a = vector_of({kNan, 1, 2, 3}), b = vector_of({1, kNan, 5, 3}), dy = vector_of({1, 2, 3, 4});
    for (const BinaryKind kind : {BinaryKind::maximum, BinaryKind::minimum}) {
        check_like_ref<elementwise_binary_passes::BackwardA>({kind}, {a, b, dy}, {Tensor::zeros({4})});
        check_like_ref<elementwise_binary_passes::BackwardB>({kind}, {a, b, dy}, {Tensor::zeros({4})});
    }
    for (const Reduction kind : {Reduction::max, Reduction::min}) {
        const Tensor x = vector_of({1, kNan, 3, kNan, 3, 1, 3, 2}).reshape({2, 4});
        const Tensor y = vector_of({kNan, kind == Reduction::max ? 3.0f : 1.0f});
        check_like_ref<reduce_passes::Backward>({kind, 0b10}, {x, y, vector_of({1, 2})},
                                                {Tensor::zeros({2, 4})});
    }
    const Tensor far = vector_of({1e-23f, 1e23f, -3e-25f, 1e19f}),
                 from = vector_of({1e-23f, 1e23f, 2e-22f, 1});
    check_like_ref<elementwise_binary_passes::BackwardB>(
        {BinaryKind::div}, {far, from, vector_of({1, 1, 1, 1})}, {Tensor::zeros({4})});
    check_like_ref<elementwise_unary_passes::Backward>({UnaryKind::reciprocal},
                                                       {far, vector_of({1, 1, 1, 1})}, {Tensor::zeros({4})});
}

TEST_CASE("kernels on the host: comparisons, the largest and losses of a NaN") {
    const Tensor x = vector_of({kNan, 1, 2, kInfinity}), z = vector_of({kNan, 1, kNan, -kInfinity});
    using enum Comparison;
    for (const Comparison kind : {equal, not_equal, less, less_equal, greater, greater_equal})
        check_like_ref<compare_passes::Forward>({kind}, {x, z}, {Tensor::zeros({4}, DType::uint8)});
    const Tensor rows = vector_of({1, kNan, 5, kNan, 2, 7, 7, 1}).reshape({2, 4});
    check_like_ref<argmax_passes::Forward>({1}, {rows}, {Tensor::zeros({2}, DType::int64)});
    using enum LossKind;
    for (const LossKind kind : {mse, l1, smooth_l1, binary_cross_entropy}) {
        const Tensor nans = vector_of({kNan, 1}), targets = vector_of({1, kNan}), dloss = vector_of({1, 1});
        check_like_ref<elementwise_loss_passes::Forward>({kind}, {nans, targets}, {Tensor::zeros({2})});
        check_like_ref<elementwise_loss_passes::Backward>({kind}, {nans, targets, dloss},
                                                          {Tensor::zeros({2})});
    }
}

// Takes rows of x along dimension 0 by an index of this shape with numbers outside x.
template <TypedPass P>
void check_stops_outside(const Tensor& x, const Shape& index, const Tensor& y) {
    const Pass& pass = info_of<P>();
    const test::HostPass* const host = find_host_pass(pass);
    if (host == nullptr) return;
    for (const double outside : {-1, 3}) {
        const ParamsOf<P> params{0};
        const Tensor inputs[] = {x, Tensor::full(index, outside, DType::int64)};
        const Problem problem{pass, ParamsRef(params), inputs, {&y, 1}};
        CHECK_THROWS_WITH(host->run(problem, current_stream(Device::cpu())),
                          "[host_run] the kernel called __trap()");
    }
}

TEST_CASE("kernels on the host: an index outside the tensor stops index_select and gather") {
    const Tensor x = Tensor::zeros({3, 2}), y = Tensor::zeros({1, 2});
    check_stops_outside<index_select_passes::Forward>(x, {1}, y);
    check_stops_outside<gather_passes::Forward>(x, {1, 2}, y);
}

TEST_CASE("kernels on the host: NaNs and ties among the largest") {
    const Tensor x = vector_of({1, kNan, 3, -kInfinity, 3, kNan, kInfinity, -0.0f, 0.0f});
    for (const std::int64_t k : {1, 4, 9})
        check_like_ref<topk_passes::Forward>(TopkParams{k, 0}, {x},
                                             {Tensor::zeros({k}), Tensor::zeros({k}, DType::int64)});
}

TEST_CASE("kernels on the host: a partner outside the data stops prepare_images") {
    const Pass &images = info_of<prepare_images_passes::Images>(),
               &targets = info_of<prepare_images_passes::Targets>();
    if (find_host_pass(images) == nullptr) return;
    const Tensor data = Tensor::zeros({3, 2, 2, 1}, DType::uint8), factor = Tensor::zeros({1}),
                 labels = Tensor::zeros({3}, DType::int32), samples = Tensor::from<std::int32_t>({1}, {0});
    const PrepareImagesParams mixed{.mixup = 1}, cut{.cutmix = 1};
    for (const PrepareImagesParams& params : {mixed, cut}) {
        const auto run = [&](std::int32_t partner) {
            const Tensor partners = Tensor::from<std::int32_t>({1}, {partner});
            const Tensor of_images[] = {data, samples, factor, factor, partners};
            const Tensor y = Tensor::zeros({1, 2, 2, 1}), probabilities = Tensor::zeros({1, 4});
            const prepare_images_passes::TargetsParams target_params{params, 2, 2};
            const Tensor of_targets[] = {labels, samples, partners};
            const Stream stream = current_stream(Device::cpu());
            bool stopped[2] = {};
            try {
                find_host_pass(images)->run({images, ParamsRef(params), of_images, {&y, 1}}, stream);
            } catch (const Error&) {
                stopped[0] = true;
            }
            try {
                find_host_pass(targets)->run(
                    {targets, ParamsRef(target_params), of_targets, {&probabilities, 1}}, stream);
            } catch (const Error&) {
                stopped[1] = true;
            }
            return std::pair(stopped[0], stopped[1]);
        };
        CHECK(run(2) == std::pair(false, false));
        for (const std::int32_t outside : {-2, -1, 3}) CHECK(run(outside) == std::pair(true, true));
    }
}

TEST_CASE("kernels on the host: a sample outside the data stops prepare_images") {
    const Pass& pass = info_of<prepare_images_passes::Images>();
    const test::HostPass* const host = find_host_pass(pass);
    if (host == nullptr) return;
    const Tensor images = Tensor::zeros({3, 2, 2, 1}, DType::uint8), factor = Tensor::zeros({1}),
                 y = Tensor::zeros({1, 2, 2, 1});
    for (const std::int32_t sample : {-1, 3}) {
        const PrepareImagesParams params;
        const Tensor inputs[] = {images, Tensor::from<std::int32_t>({1}, {sample}), factor, factor, Tensor()};
        const Problem problem{pass, ParamsRef(params), inputs, {&y, 1}};
        CHECK_THROWS_WITH(host->run(problem, current_stream(Device::cpu())),
                          "[host_run] the kernel called __trap()");
    }
}
