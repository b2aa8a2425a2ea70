// Layers that share work across their borders do what they do one by one.
#include "tern/layers/features.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/layers/activation_layer.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/layers/sequential.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

// Separable layers, batch norms with a ReLU, without, and with an input that is not the one before, or one
// that the layer between makes while it reads.
class Net : public Module {
  public:
    std::string type() const override { return "Net"; }

  protected:
    Features forward(Features input) override {
        const Features x = bn0_(std::move(input)), sum = bn3_(sep3_(bn2_(sep2_(bn1_(sep1_(x))))), x);
        return bn4_(sep4_(sum), sum);
    }

  private:
    BatchNorm2d& bn0_ = add_child<BatchNorm2d>("bn0", 5);
    SeparableConv2d& sep1_ = add_child<SeparableConv2d>("sep1", 5, 7, {.kernel = 3, .padding = kSame});
    BatchNorm2d& bn1_ = add_child<BatchNorm2d>("bn1", 7, BatchNorm2dOptions{1e-3, 0.1, Activation::relu});
    SeparableConv2d& sep2_ = add_child<SeparableConv2d>("sep2", 7, 6, {.kernel = 3, .padding = kSame});
    BatchNorm2d& bn2_ = add_child<BatchNorm2d>("bn2", 6);
    SeparableConv2d& sep3_ = add_child<SeparableConv2d>("sep3", 6, 5, {.kernel = 3, .padding = kSame});
    BatchNorm2d& bn3_ = add_child<BatchNorm2d>("bn3", 5, BatchNorm2dOptions{1e-3, 0.1, Activation::relu});
    SeparableConv2d& sep4_ = add_child<SeparableConv2d>("sep4", 5, 5, {.kernel = 3, .padding = kSame});
    BatchNorm2d& bn4_ = add_child<BatchNorm2d>("bn4", 5);
};

// All that a step in training and one in evaluation leave: outputs, gradients, statistics.
NamedTensors run(const char* kernels) {
    const KernelPolicyScope policy(KernelPolicy::parse(kernels));
    Net net;
    net.initialize(Initialization::pytorch, 3);
    net.to(DType::float64);
    Tensor x = cases::make_tensor({{3, 6, 5, 5}}, DType::float64, 1);
    x.set_requires_grad(true);
    const Tensor weights = cases::make_tensor({{3, 6, 5, 5}}, DType::float64, 2);
    const Tensor y = net(x);
    backward(y, weights);
    NamedTensors all{{"y", y}, {"dx", x.grad()}};
    for (const NamedTensor& named : net.parameters()) all.push_back({"d " + named.name, named.tensor.grad()});
    for (const NamedTensor& named : net.buffers()) all.push_back(named);
    net.eval();
    const NoGrad no_grad;
    all.push_back({"y in evaluation", net(x)});
    return all;
}

}  // namespace

TEST_CASE("fused layers give what their parts give") {
    const NamedTensors fused = run("auto"), parts = run("auto,separable_conv2d=unfused");
    REQUIRE(fused.size() == parts.size());
    for (std::size_t i = 0; i < fused.size(); ++i) {
        INFO(fused[i].name);
        const std::vector<double> a = cases::to_doubles(fused[i].tensor),
                                  b = cases::to_doubles(parts[i].tensor);
        REQUIRE(a.size() == b.size());
        double largest = 0, error = 0;
        for (std::size_t k = 0; k < a.size(); ++k) {
            largest = std::max(largest, std::fabs(b[k]));
            if (const double d = std::fabs(a[k] - b[k]); !(d <= error)) error = d;
        }
        // Sums of at most 90 rows x 63 terms in another order, through four layers and their batch norms,
        // whose gradients cancel: what is left of the bias before one is rounding alone.
        CHECK(error <=
              3 * std::sqrt(90.0 * 63) * 64 * std::numeric_limits<double>::epsilon() * (largest + 1));
    }
    CHECK(cases::to_doubles(fused[0].tensor) != std::vector<double>(450));
}

TEST_CASE("a normalisation that is left to the next layer is done by one that cannot") {
    const Tensor x = cases::make_tensor({{2, 3, 3, 4}}, DType::float32, 1);
    BatchNorm2d norm(4);
    norm.initialize(Initialization::pytorch, 0);
    norm.eval();
    const Features left = norm(Features{x});
    CHECK(left.norm());
    CHECK(left.tensor().data<float>() == x.data<float>());
    // A second one on top of it works on the first one's result.
    CHECK(cases::to_doubles(norm(left).value()) == cases::to_doubles(norm(norm(x))));
    const Features again = norm(Features{x});
    ActivationLayer relu(Activation::relu);
    CHECK(cases::to_doubles(relu(again).value()) == cases::to_doubles(relu(norm(x))));
    // What was done is kept, in all handles.
    CHECK_FALSE(again.norm());
    const float* const value = again.value().data<float>();
    CHECK(Features(again).value().data<float>() == value);
    // In training the mean and variance of its result are not known.
    norm.train();
    CHECK_FALSE(norm(norm(Features{x})).norm());
}

TEST_CASE("a value that was only looked at without recording ends no gradient") {
    const Tensor x = cases::make_tensor({{2, 6, 5, 4}}, DType::float32, 1);
    BatchNorm2d norm(4);
    norm.initialize(Initialization::pytorch, 0);
    norm.eval();
    const auto gradient = [&](bool looks) {
        const Features features = norm(Features{x});
        if (looks) {
            const NoGrad no_grad;
            const float* const value = features.value().data<float>();
            CHECK(features.value().data<float>() == value);
            CHECK_FALSE(features.value().requires_grad());
        }
        for (const NamedTensor& parameter : norm.parameters()) parameter.tensor.set_grad({});
        backward(sum(features.value()));
        return cases::to_doubles(norm.parameters()[0].tensor.grad());
    };
    CHECK(gradient(true) == gradient(false));
}

TEST_CASE("a layer keeps the input that it normalised where a shortcut still holds it") {
    const Tensor x = cases::make_tensor({{2, 6, 5, 4}}, DType::float32, 1);
    BatchNorm2d norm(4);
    SeparableConv2d layer(4, 3, {.kernel = 3, .padding = kSame});
    for (Module* module : {static_cast<Module*>(&norm), static_cast<Module*>(&layer)}) {
        module->initialize(Initialization::pytorch, 0);
        module->eval();
    }
    std::vector<std::string> ran;
    const RunHook hook(
        [&](const Problem& problem, const Implementation& implementation, const Stream& stream) {
            const bool keeps = problem.outputs.size() > 3 && problem.outputs[3].defined();
            ran.push_back(to_text(problem.pass.op, keeps ? " that keeps its input" : ""));
            implementation.run(problem, stream);
        });
    const Features shared = norm(Features{x});
    const Features kept = layer(shared);
    CHECK_FALSE(shared.norm());
    CHECK(cases::to_doubles(shared.value()) == cases::to_doubles(norm(x)));
    CHECK(cases::to_doubles(layer(norm(Features{x})).value()) == cases::to_doubles(kept.value()));
    CHECK(ran ==
          std::vector<std::string>{"separable_conv2d that keeps its input", "normalize", "separable_conv2d"});
}

TEST_CASE("a pool that normalises its input takes what a pool of the normalised input takes") {
    // A NaN among them. y and dx are the same bits.
    Tensor x = cases::make_tensor({{4, 9, 7, 21}}, DType::float32, 1);
    x.data<float>()[5000] = std::numeric_limits<float>::quiet_NaN();
    x.set_requires_grad(true);
    const auto run = [&](const char* kernels, Activation activation) {
        const KernelPolicyScope policy(KernelPolicy::parse(kernels));
        BatchNorm2d norm(21, {1e-3, 0.1, activation});
        norm.initialize(Initialization::pytorch, 0);
        norm.eval();
        MaxPool2d pool({.kernel = 3, .stride = 2, .padding = 1});
        const Tensor y = pool(norm(Features{x})).value();
        x.set_grad({});
        backward(y, cases::make_tensor({y.shape()}, DType::float32, 2));
        return Tensors{y, x.grad().clone()};
    };
    for (const Activation activation : {Activation::none, Activation::relu, Activation::gelu}) {
        const Tensors fused = run("auto", activation),
                      parts = run("auto,normalize_max_pool2d=unfused", activation);
        for (std::size_t i = 0; i < fused.size(); ++i) {
            const std::vector<double> a = cases::to_doubles(fused[i]), b = cases::to_doubles(parts[i]);
            REQUIRE(a.size() == b.size());
            std::size_t different = 0, nans = 0;
            for (std::size_t k = 0; k < a.size(); ++k) {
                different += a[k] != b[k] && !(std::isnan(a[k]) && std::isnan(b[k]));
                nans += std::isnan(a[k]);
            }
            CHECK(different == 0);
            CHECK((i > 0 || nans > 0));
        }
    }
}
