// What is trained for 8 bits computes what the 8-bit model does, and has gradients as if nothing were rounded.
#include "tern/layers/quantized/fake_quantized_model.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <ranges>

#include "tern/core/autograd.hpp"
#include "tern/core/random.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/fake_quantize/fake_quantize.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/layers/activation_layer.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/quantized/quantize_model.hpp"
#include "tern/layers/quantized/weight_scales.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/layers/sequential.hpp"
#include "tern/layers/trace/run_graph.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/elements.hpp"
#include "tern/tests/layers/trained.hpp"
#include "tern/tests/threads_scope.hpp"

using namespace tern;
using test::is_equal;
using test::largest;

namespace {

double uniform(std::uint64_t seed, std::int64_t i) {
    return RandomStream{seed, RandomPurpose::user, 0}.uniform(static_cast<std::uint64_t>(i));
}

Tensor numbers(const Shape& shape, double low, double high, std::uint64_t seed) {
    const Tensor x = Tensor::empty(shape, DType::float32);
    for (std::int64_t i = 0; i < x.numel(); ++i)
        x.data<float>()[i] = static_cast<float>(low + (high - low) * uniform(seed, i));
    return x;
}

// All kinds of steps, with a residual; `norms` between.
struct Network : Module {
    explicit Network(bool norms) : has_norms(norms) {
        initialize(Initialization::pytorch, 1);
        test::pretend_trained(*this, 2);
    }
    std::string type() const override { return "Network"; }
    Features forward(Features x) override {
        const Tensor a = relu(has_norms ? norm(conv(x)).value() : conv(x).value());
        const Tensor b = separable(a);
        return head(average(pool(relu(strided(b + a)))));
    }

    bool has_norms;
    Conv2d& conv = add_child<Conv2d>("conv", 3, 8, {.kernel = 3, .padding = kSame});
    BatchNorm2d& norm = add_child<BatchNorm2d>("norm", 8);
    SeparableConv2d& separable =
        add_child<SeparableConv2d>("separable", 8, 8, {.kernel = 3, .padding = kSame});
    Conv2d& strided = add_child<Conv2d>("strided", 8, 12, {.kernel = 3, .stride = 2, .padding = 1});
    MaxPool2d& pool = add_child<MaxPool2d>("pool", {.kernel = 2, .stride = 2});
    GlobalAveragePool& average = add_child<GlobalAveragePool>("average");
    Linear& head = add_child<Linear>("head", 12, 5);
};

// The largest sum of |w| of an output.
double norm_of(const Tensor& weight) {
    return max(sum(abs(weight.reshape({weight.dim(0), -1})), {1})).item();
}

// How far both may be apart. They have equal bytes of the input and equal weights. A sum differs by what lies before, with the
// weights' absolute sum, by half a unit of the bias and by float32's roundings, some 1e-5 of the largest number; bytes of
// numbers that differ lie at most a step further apart. Clipping, pools and means do not enlarge it.
double bound_of(const QuantizedModel& model, const Tensor& input) {
    const Graph& graph = model.graph();
    const Tensors values = run_graph(graph, input);
    std::map<ValueId, double> apart;
    apart[graph.input] = 0;
    for (const QuantizedStep& step : model.steps()) {
        double error = apart.at(step.input);
        ValueId from = step.input;
        for (const QuantizedStep::Weights& weights : step.weights) {
            const Tensor weight = graph.value(weights.weight).constant, scales = weight_scales(weight);
            const double unit = model.quantization(from).scale * largest(scales);
            const bool last = &weights == &step.weights.back();
            error = norm_of(weight) * error + unit / 2 +
                    1e-5 * largest(values[static_cast<std::size_t>(weights.output)]);
            if (last && step.residual != kNoValue) error += apart.at(step.residual);
            if (!last || step.gives_bytes) error += model.quantization(weights.output).scale;
            from = weights.output;
        }
        if (step.kind == QuantizedStep::Kind::average_pool) error += model.quantization(step.output).scale;
        apart[step.output] = error;
    }
    return apart.at(graph.output);
}

}  // namespace

TEST_CASE("where float32 is exact, what is trained for 8 bits gives the bits of the 8-bit model") {
    const NoGrad no_grad;
    // Winograd's points are no powers of two.
    const KernelPolicyScope policy(KernelPolicy::parse("auto,conv2d=cpu"));
    Network network(false);
    const Tensor x = numbers({5, 8, 8, 3}, -1.5, 2, 3);
    const std::unique_ptr<QuantizedModel> model = quantize_model(network, {x});
    // Values in steps of powers of two, whose ends cut off some; weights of up to 127 such steps, and biases of whole
    // numbers of both: sums of less than 2^24 units, which float32 holds.
    for (const ValueId id : model->quantized_values())
        model->set(id, {0x1p-7F, id == model->graph().input ? 100 : model->quantization(id).zero});
    FakeQuantizedModel rounded(*model);
    std::uint64_t seed = 10;
    for (const auto& [name, tensor] : rounded.parameters()) {
        const bool weight = name.ends_with("weight");
        const std::int64_t row = tensor.numel() / tensor.dim(0);
        ++seed;
        for (std::int64_t i = 0; i < tensor.numel(); ++i) {
            const double u = 2 * uniform(seed, i) - 1;
            const double whole =
                weight ? (i % row == 0 ? 127 : std::nearbyint(126 * u)) : std::nearbyint(3000 * u);
            tensor.data<float>()[i] = static_cast<float>(whole * (weight ? 0x1p-9 : 0x1p-13));
        }
    }
    rounded.hand_over();
    const Tensor bytes = (*model)(x);
    CHECK(largest(bytes) > 0);
    CHECK(is_equal(rounded(x), bytes));
}

TEST_CASE("what is trained for 8 bits is as near to the 8-bit model as a step of each value allows") {
    const NoGrad no_grad;
    Network network(true);
    const Tensor x = numbers({6, 9, 8, 3}, -1.5, 2, 4);
    for (const RangeMethod method : {RangeMethod::min_max, RangeMethod::mean_squared_error}) {
        const std::unique_ptr<QuantizedModel> model = quantize_model(network, {x}, method);
        FakeQuantizedModel rounded(*model);
        const Tensor got = rounded(x), expected = (*model)(x);
        const double bound = bound_of(*model, x);
        REQUIRE(got.shape() == expected.shape());
        double mean = 0;
        for (std::int64_t i = 0; i < got.numel(); ++i) {
            const double error =
                std::fabs(static_cast<double>(got.data<float>()[i]) - expected.data<float>()[i]);
            mean += error / static_cast<double>(got.numel());
            CHECK(error <= bound);
        }
        // Few sums are so near to a half that they are rounded to the other side.
        CHECK(mean <= 0.02 * largest(expected));
    }
}

TEST_CASE("gradients of what is trained for 8 bits are those of rounded numbers") {
    Sequential network;
    network.append<Conv2d>(3, 4, {.kernel = 3});
    network.initialize(Initialization::pytorch, 5);
    const Tensor x = numbers({2, 5, 5, 3}, -1, 1, 6), factors = numbers({2, 3, 3, 4}, -1, 1, 7);
    const std::unique_ptr<QuantizedModel> model = quantize_model(network, {x});
    FakeQuantizedModel rounded(*model);
    backward(sum(rounded(x) * factors));

    const Quantization range = model->quantization(model->graph().input);
    const NamedTensors own = network.parameters();
    const Tensor bytes = fake_quantize(x, Tensor::full({}, range.scale), -range.zero, 255 - range.zero);
    backward(sum(network(bytes) * factors));
    const NamedTensors trained = rounded.parameters();
    REQUIRE(trained.size() == own.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
        CHECK(trained[i].name == own[i].name);
        CHECK(is_equal(trained[i].tensor.grad(), own[i].tensor.grad()));
    }
}

TEST_CASE("gradients of what is trained for 8 bits pass operations in float32") {
    struct Own : Module {
        Own() { initialize(Initialization::pytorch, 1); }
        std::string type() const override { return "Own"; }
        Features forward(Features x) override { return head(average(sigmoid(second(tanh(first(x)))))); }
        Conv2d& first = add_child<Conv2d>("first", 3, 4, {.kernel = 3});
        Conv2d& second = add_child<Conv2d>("second", 4, 6, {.kernel = 3});
        GlobalAveragePool& average = add_child<GlobalAveragePool>("average");
        Linear& head = add_child<Linear>("head", 6, 2);
    };
    Own network;
    const Tensor x = numbers({3, 7, 7, 3}, -1, 1, 8);
    const std::unique_ptr<QuantizedModel> model = quantize_model(network, {x});
    FakeQuantizedModel rounded(*model);
    const auto gradients = [&](Module& module) {
        backward(sum(square(module(x))));
        Tensors all;
        for (const auto& [name, tensor] : module.parameters()) all.push_back(tensor.grad());
        return all;
    };
    network.train();
    const Tensors expected = gradients(network), got = gradients(rounded);
    REQUIRE(got.size() == expected.size());
    // Rounding moves each number by 1/255 of its range at most, and a gradient by a few times that.
    for (std::size_t i = 0; i < got.size(); ++i) {
        REQUIRE(got[i].defined());
        CHECK(largest(expected[i]) > 0);
        CHECK(largest(got[i] - expected[i]) <= 0.1 * largest(expected[i]));
    }
}

TEST_CASE("training for 8 bits wins back what rounding loses") {
    // What the first layer gives has 3 numbers in place of 256.
    static constexpr int kSteps = 400;
    const auto trained = [](int threads) {
        const test::ThreadsScope scope(threads);
        Sequential network;
        network.append<Linear>(6, 16);
        network.append<ActivationLayer>(Activation::relu);
        network.append<Linear>(16, 3);
        network.initialize(Initialization::pytorch, 9);
        const Tensor x = numbers({256, 6}, -1, 1, 10);
        const std::unique_ptr<QuantizedModel> model = quantize_model(network, {x}, RangeMethod::min_max);
        const ValueId between = model->steps()[0].output;
        model->set(between, {model->quantization(between).scale * 128, 0});
        Tensor wanted;
        {
            const NoGrad no_grad;
            wanted = network(x);
        }
        FakeQuantizedModel rounded(*model);
        const auto loss_of = [&](Module& module) {
            const NoGrad no_grad;
            return mse_loss(module(x), wanted).item();
        };
        rounded.hand_over();  // biases are in units of the scale that was set
        const double before = loss_of(*model);
        for (const int left : std::views::iota(0, kSteps) | std::views::reverse) {
            for (const auto& [name, tensor] : rounded.parameters())
                if (tensor.grad().defined()) tensor.grad().fill_zero();
            backward(mse_loss(rounded(x), wanted));
            const NoGrad no_grad;
            for (const auto& [name, tensor] : rounded.parameters())
                tensor.copy_from(tensor - tensor.grad() * (1.0 * left / kSteps));
        }
        CHECK(loss_of(*model) == before);  // until it is given the weights
        rounded.hand_over();
        const double after = loss_of(*model);
        INFO(before << " before, " << after << " after");
        CHECK(after < before / 2);
        return model->state();
    };
    const NamedTensors one = trained(1), two = trained(2);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(is_equal(one[i].tensor, two[i].tensor));
}

TEST_CASE("what is trained for 8 bits takes what the 8-bit model takes, and trains nothing else") {
    Network network(true);
    const Tensor x = numbers({2, 9, 8, 3}, -1, 1, 11);
    const std::unique_ptr<QuantizedModel> model = quantize_model(network, {x});
    FakeQuantizedModel rounded(*model);
    CHECK_THROWS_WITH(rounded(Tensor::zeros({1, 9, 9, 3})),
                      "[quantized model] the input must be float32 (1,9,8,3), got float32 (1,9,9,3) on cpu");
    backward(sum(rounded(x)));
    for (const auto& [name, tensor] : rounded.parameters()) CHECK(tensor.grad().defined());
    for (const auto& [name, tensor] : network.parameters()) CHECK_FALSE(tensor.grad().defined());
    rounded.parameters()[0].tensor.data<float>()[1] = std::nanf("");
    const NoGrad no_grad;
    CHECK(std::isnan(sum(rounded(x)).item()));
    CHECK_THROWS_WITH(rounded.hand_over(), "[quantized model] a weight of conv is nan");
}

TEST_CASE("the steps of weights are their largest one's share of 127, and never too small to divide by") {
    const Tensor weight = Tensor::from({4, 2}, {-1.0F, 0.5F, 0.0F, 0.0F, 1e-38F, 0.0F, 1e-44F, 0.0F});
    CHECK(weight_scales(weight).data<float>()[0] == 1.0F / 127);
    for (const int o : {1, 2, 3}) CHECK(weight_scales(weight).data<float>()[o] == 1);
}
