// A model with its batch norms folded computes what it did before.
#include <cmath>
#include <limits>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/kernels/activation/activation.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/layers/activation_layer.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/depthwise_conv2d.hpp"
#include "tern/layers/dropout.hpp"
#include "tern/layers/fold_batch_norms.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/scale_outputs.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/layers/sequential.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/trained.hpp"

using namespace tern;

namespace {

constexpr BatchNorm2dOptions kRelu{1e-3, 0.1, Activation::relu};
constexpr SeparableConv2dOptions kSeparable{.kernel = 3, .padding = kSame};

// The layer that every model below begins with, and a batch norm.
template <class Layer, class... Args>
std::unique_ptr<Sequential> followed_by_norm(std::int64_t channels, const BatchNorm2dOptions& options,
                                             Args&&... args) {
    auto net = std::make_unique<Sequential>();
    net->append<Layer>(std::forward<Args>(args)...);
    net->append<BatchNorm2d>(channels, options);
    net->initialize(Initialization::pytorch, 5);
    test::pretend_trained(*net, 1);
    net->eval();
    return net;
}

// |folded - unfolded| of each output is at most what rounding explains: `terms` products and the steps of
// the normalisation, of sums as large as those of the absolute values, times the largest scale.
void check_folding(Sequential& net, const Tensor& x, std::int64_t terms, bool folds = true) {
    const NoGrad no_grad;
    const Tensor before = net(x);
    const std::vector<NamedTensor> state = net.state();
    const auto find = [&](const std::string& name) {
        for (const auto& [own, tensor] : state)
            if (own == name) return cases::to_doubles(tensor);
        return std::vector<double>();
    };
    double scale = 0, largest_x = 0, largest_w = 0, offset = 0;
    const auto gamma = find("1.weight"), variance = find("1.running_var"), mean = find("1.running_mean");
    const auto beta = find("1.bias"),
               bias = find("0.bias").empty() ? find("0.pointwise.bias") : find("0.bias");
    for (std::size_t c = 0; c < gamma.size(); ++c) {
        scale = std::max(scale, std::fabs(gamma[c]) / std::sqrt(variance[c] + 1e-5));
        offset = std::max({offset, std::fabs(mean[c]), bias.empty() ? 0 : std::fabs(bias[c])});
    }
    double largest_beta = 0;
    for (const double b : beta) largest_beta = std::max(largest_beta, std::fabs(b));
    for (const double value : cases::to_doubles(x)) largest_x = std::max(largest_x, std::fabs(value));
    for (const auto& [name, tensor] : state)
        if (name.starts_with("0.") && name.ends_with("weight"))
            for (const double w : cases::to_doubles(tensor)) largest_w = std::max(largest_w, std::fabs(w));
    const double epsilon = x.dtype() == DType::float64 ? std::numeric_limits<double>::epsilon()
                                                       : std::numeric_limits<float>::epsilon();
    const double magnitude =
        scale *
            (static_cast<double>(terms) * largest_x * std::max(largest_w, largest_w * largest_w) + offset) +
        largest_beta;

    fold_batch_norms(net, x.shape());
    const Tensor after = net(x);
    REQUIRE(after.shape() == before.shape());
    const auto a = cases::to_doubles(before), b = cases::to_doubles(after);
    double error = 0, largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (const double d = std::fabs(a[i] - b[i]); !(d <= error)) error = d;
        largest = std::max(largest, std::fabs(a[i]));
    }
    // Two sums of `terms` roundings that add up like a random walk, and 8 of scaling and shifting.
    CHECK(error <= (2 * std::sqrt(static_cast<double>(terms)) + 8) * epsilon * magnitude);
    CHECK(largest > 0.1);
    const bool folded = cases::to_doubles(net.parameters()[net.parameters().size() - 2].tensor) ==
                        std::vector<double>(gamma.size(), 1.0);
    CHECK(folded == folds);
}

}  // namespace

TEST_CASE("batch norms go into the layers before them") {
    for (const DType dtype : {DType::float32, DType::float64}) {
        INFO(dtype);
        const auto check = [&](std::unique_ptr<Sequential> net, std::int64_t terms, const Shape& input,
                               bool folds = true) {
            net->to(dtype);
            check_folding(*net, cases::make_tensor({input}, dtype, 3), terms, folds);
        };
        const Conv2dOptions same{.kernel = 3, .padding = kSame};
        for (const Activation activation : {Activation::none, Activation::relu, Activation::hard_swish}) {
            const BatchNorm2dOptions norm{1e-3, 0.1, activation};
            check(followed_by_norm<Conv2d>(6, norm, 5, 6, same), 45, {2, 7, 5, 5});
            const Conv2dOptions grouped{.kernel = 3, .padding = kSame, .groups = 2, .bias = false};
            check(followed_by_norm<Conv2d>(6, norm, 4, 6, grouped), 18, {2, 5, 5, 4});
            check(followed_by_norm<Conv2d>(7, norm, 5, 7, Conv2dOptions{.kernel = 1}), 5, {3, 4, 4, 5});
            const DepthwiseConv2dOptions depthwise{.kernel = 3, .padding = kSame},
                biased{.kernel = 3, .stride = 2, .padding = kSame, .bias = true};
            check(followed_by_norm<DepthwiseConv2d>(5, norm, 5, depthwise), 9, {2, 6, 5, 5});
            check(followed_by_norm<DepthwiseConv2d>(6, norm, 6, biased), 9, {2, 7, 5, 6});
            check(followed_by_norm<SeparableConv2d>(7, norm, 5, 7, kSeparable), 9 * 5, {2, 6, 5, 5});
            check(followed_by_norm<Linear>(4, norm, 9, 4, LinearOptions{.bias = false}), 9, {8, 9});
        }
        // Layers that have no weights keep theirs.
        check(followed_by_norm<ActivationLayer>(5, kRelu, Activation::relu), 1, {2, 6, 5, 5}, false);
    }
}

TEST_CASE("a folded batch norm leaves names and shapes, and a second time changes nothing") {
    const auto net = followed_by_norm<Conv2d>(6, kRelu, 5, 6, Conv2dOptions{.kernel = 3, .padding = kSame});
    const NamedTensors before = net->state();
    fold_batch_norms(*net, {1, 5, 5, 5});
    const NamedTensors after = net->state();
    REQUIRE(after.size() == before.size());
    std::vector<std::vector<double>> values;
    for (std::size_t i = 0; i < after.size(); ++i) {
        CHECK(after[i].name == before[i].name);
        CHECK(after[i].tensor.shape() == before[i].tensor.shape());
        values.push_back(cases::to_doubles(after[i].tensor));
    }
    fold_batch_norms(*net, {1, 5, 5, 5});
    for (std::size_t i = 0; i < after.size(); ++i) CHECK(cases::to_doubles(after[i].tensor) == values[i]);
}

namespace {

// A user's own module, whose forward pass is a function of its layers.
struct Own : Module {
    using Body = Features (*)(Own& own, Features x);
    explicit Own(Body with) : body(with) {}
    std::string type() const override { return "Own"; }
    Features forward(Features x) override { return body(*this, std::move(x)); }

    Body body;
    Conv2d& conv = add_child<Conv2d>("conv", 3, 3, {.kernel = 3, .padding = kSame});
    BatchNorm2d& norm = add_child<BatchNorm2d>("norm", 3);
    BatchNorm2d& other = add_child<BatchNorm2d>("other", 3);
    SeparableConv2d& separable =
        add_child<SeparableConv2d>("separable", 3, 3, {.kernel = 3, .padding = kSame});
    Dropout& dropout = add_child<Dropout>("dropout", 0.5, 0);
};

// Which of the batch norms were folded; what the module computes stays the same.
std::vector<std::string> folded(Own::Body body) {
    Own net(body);
    net.initialize(Initialization::pytorch, 1);
    test::pretend_trained(net, 2);
    net.eval();
    const Tensor x = cases::make_tensor({{2, 5, 5, 3}}, DType::float64, 1);
    net.to(DType::float64);
    const NoGrad no_grad;
    const auto before = cases::to_doubles(net(x));
    fold_batch_norms(net, x.shape());
    const auto after = cases::to_doubles(net(x));
    REQUIRE(after.size() == before.size());
    for (std::size_t i = 0; i < after.size(); ++i)
        CHECK(std::fabs(after[i] - before[i]) <= 1e-12 * (1 + std::fabs(before[i])));
    CHECK_FALSE(net.training());
    std::vector<std::string> names;
    for (const auto& [name, tensor] : net.parameters()) {
        if ((name == "norm.weight" || name == "other.weight") &&
            cases::to_doubles(tensor) == std::vector(3, 1.0))
            names.push_back(name);
    }
    return names;
}

}  // namespace

TEST_CASE("batch norms are folded in modules that know nothing of it") {
    using Names = std::vector<std::string>;
    const Names none, norm{"norm.weight"}, both{"norm.weight", "other.weight"};
    CHECK(folded([](Own& own, Features x) { return own.norm(own.conv(std::move(x))); }) == norm);
    CHECK(folded([](Own& own, Features x) { return own.norm(own.conv(x), x); }) == norm);
    CHECK(folded([](Own& own, Features x) {
              return Features(relu(own.other(own.separable(own.norm(own.conv(x)))) + x));
          }) == both);
    // What gives its input on, as dropout does here, is not in between.
    CHECK(folded([](Own& own, Features x) { return own.norm(own.dropout(own.conv(x))); }) == norm);
}

TEST_CASE("where a policy demands what unfused layers cannot do, nothing is folded") {
    const auto net = followed_by_norm<SeparableConv2d>(7, kRelu, 5, 7, kSeparable);
    net->to(DType::float64);
    const KernelPolicyScope scope(KernelPolicy::parse("auto,depthwise_conv2d=cpu"));  // float32 alone
    const Tensor x = cases::make_tensor({{2, 6, 5, 5}}, DType::float64, 3);
    const NoGrad no_grad;
    const auto before = cases::to_doubles((*net)(x));
    fold_batch_norms(*net, x.shape());
    CHECK(cases::to_doubles((*net)(x)) == before);
}

TEST_CASE("a batch norm is not folded where that would change something else") {
    const std::vector<std::string> none;
    // Another reader of what the convolution gives: a shortcut, an operation, the caller, the same layer
    // again.
    CHECK(folded([](Own& own, Features x) {
              const Features y = own.conv(std::move(x));
              return own.norm(y, y);
          }) == none);
    CHECK(folded([](Own& own, Features x) {
              const Features y = own.conv(std::move(x));
              return Features(own.norm(y) + relu(y));
          }) == none);
    CHECK(folded([](Own& own, Features x) {
              Features y = own.conv(std::move(x));
              own.norm(y).value();
              return y;
          }) == none);
    CHECK(folded([](Own& own, Features x) {
              const Features y = own.conv(std::move(x));
              return Features(own.norm(y) + own.other(y));
          }) == none);
    // One of the two runs twice.
    CHECK(folded([](Own& own, Features x) { return own.norm(own.conv(own.conv(std::move(x)))); }) == none);
    CHECK(folded([](Own& own, Features x) {
              return own.norm(own.separable(own.norm(own.conv(std::move(x)))));
          }) == none);
    // Somebody else reads the weights.
    CHECK(folded([](Own& own, Features x) {
              return Features(own.norm(own.conv(std::move(x))) * sum(own.conv.weight()));
          }) == none);
    // No layer made it.
    CHECK(folded([](Own& own, Features x) { return Features(own.norm(relu(own.conv(std::move(x))))); }) ==
          none);
}

TEST_CASE("scales that do not fit are refused") {
    const Tensor weight = Tensor::zeros({3, 2}), bias = Tensor::zeros({3});
    const Tensor two = Tensor::zeros({2}, DType::float64), three = Tensor::zeros({3}, DType::float64);
    CHECK_THROWS_WITH(scale_outputs(two, three, weight, bias),
                      "[scale_outputs] scale and shift are (2) and (3), the layer has outputs (3)");
}
