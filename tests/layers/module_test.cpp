#include "tern/layers/module.hpp"

#include <cmath>
#include <map>

#include "tern/core/owner.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/sequential.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

std::vector<std::string> names(const NamedTensors& tensors) {
    std::vector<std::string> result;
    for (const NamedTensor& named : tensors) result.push_back(named.name);
    return result;
}

// Registers whatever a test wants.
class Plain : public Module {
  public:
    std::string type() const override { return "Plain"; }
    using Module::add_buffer, Module::add_parameter;

  protected:
    Features forward(Features input) override { return input; }
};

void fill_block(Sequential& net) {
    net.append<Conv2d>(3, 4, {.kernel = 3, .bias = false});
    net.append<BatchNorm2d>(4);
    net.add_child<Sequential>("inner").append<Conv2d>(4, 2, {.kernel = 1});
}

}  // namespace

TEST_CASE("names are dotted paths in the order of registration") {
    Sequential net;
    fill_block(net);
    CHECK(names(net.parameters()) ==
          std::vector<std::string>{"0.weight", "1.weight", "1.bias", "inner.0.weight", "inner.0.bias"});
    CHECK(names(net.buffers()) ==
          std::vector<std::string>{"1.running_mean", "1.running_var", "1.num_batches_tracked"});
    CHECK(names(net.state()) == std::vector<std::string>{"0.weight", "1.weight", "1.bias", "1.running_mean",
                                                         "1.running_var", "1.num_batches_tracked",
                                                         "inner.0.weight", "inner.0.bias"});
    CHECK(net.parameter_count() == 4 * 3 * 9 + 4 + 4 + 2 * 4 + 2);
    for (const NamedTensor& parameter : net.parameters()) CHECK(parameter.tensor.requires_grad());
    for (const NamedTensor& buffer : net.buffers()) CHECK_FALSE(buffer.tensor.requires_grad());
}

TEST_CASE("names that cannot be told apart are refused") {
    Plain module;
    Tensor tensor = Tensor::zeros({2});
    module.add_parameter("weight", tensor);
    CHECK_THROWS_WITH(module.add_buffer("weight", tensor), "[Module] the name \"weight\" is taken");
    CHECK_THROWS_WITH(module.add_buffer("", tensor),
                      "[Module] names must not be empty or hold a dot, got \"\"");
    CHECK_THROWS_WITH(module.add_buffer("a.b", tensor),
                      "[Module] names must not be empty or hold a dot, got \"a.b\"");
}

TEST_CASE("children take options in braces or by name") {
    Sequential net;
    const Conv2dOptions options{.kernel = {1, 3}, .bias = false};
    std::int64_t in = 3;
    const std::int64_t out = 4;
    net.append<Conv2d>(in, out, options);
    net.add_child<Conv2d>("conv", out, 2, {.kernel = {3, 1}});
    net.append<MaxPool2d>({.kernel = 2});
    net.append<BatchNorm2d>(2, {.activation = Activation::relu});
    net.add_child<Linear>("head", 2, 5, {.bias = false});
    std::vector<std::string> found;
    for (const auto& [name, tensor] : net.parameters()) found.push_back(to_text(name, ' ', tensor.shape()));
    CHECK(found == std::vector<std::string>{"0.weight (4,3,1,3)", "conv.weight (2,4,3,1)", "conv.bias (2)",
                                            "3.weight (2)", "3.bias (2)", "head.weight (5,2)"});
    CHECK(net(Tensor::zeros({1, 4, 6, 3})).shape() == Shape{1, 1, 2, 5});
}

TEST_CASE("a constant module shows what it holds") {
    Sequential net;
    fill_block(net);
    const Module& constant = net;
    CHECK(names(constant.parameters()) == names(net.parameters()));
    CHECK(names(constant.buffers()) == names(net.buffers()));
    CHECK(constant.parameter_count() == net.parameter_count());
    const NamedTensors state = constant.state();
    REQUIRE(state.size() == net.state().size());
    CHECK(state.front().tensor.same_as(net.state().front().tensor));
    std::vector<std::string> visited, expected;
    constant.visit([&](const std::string& name, const Module&) { visited.push_back(name); });
    net.visit([&](const std::string& name, Module&) { expected.push_back(name); });
    CHECK(visited == expected);
    CHECK(visited == std::vector<std::string>{"", "0", "1", "inner", "inner.0"});
}

TEST_CASE("modes reach every child") {
    Sequential net;
    fill_block(net);
    const auto all = [&](auto&& holds) {
        bool result = true;
        net.visit([&](const std::string&, Module& module) { result = result && holds(module); });
        return result;
    };
    CHECK(all([](Module& module) { return module.training(); }));
    net.eval();
    CHECK(all([](Module& module) { return !module.training(); }));
    net.train();
    CHECK(all([](Module& module) { return module.training(); }));
}

TEST_CASE("a module of several inputs has no forward pass of one") {
    struct Pair : Module {
        std::string type() const override { return "Pair"; }
    } pair;
    CHECK_THROWS_WITH(pair(Tensor::zeros({1})), "[Pair] has no forward pass of one input");
}

TEST_CASE("weights are NaN until they are initialised") {
    Conv2d conv(3, 4, {.kernel = 3});
    CHECK(std::isnan(conv.weight().data<float>()[0]));
    CHECK(std::isnan(conv.bias().data<float>()[3]));
}

TEST_CASE("a module whose parameters nobody fills is an error") {
    Plain module;
    Tensor tensor = Tensor::zeros({2});
    module.add_parameter("weight", tensor);
    CHECK_THROWS_WITH(
        module.initialize(Initialization::pytorch, 0),
        "[initialize] Plain \"\" has 1 parameters of its own, but initialize_own() did not fill "
        "each once");
}

TEST_CASE("conversion keeps values, names and counters") {
    Sequential net;
    fill_block(net);
    net.initialize(Initialization::pytorch, 3);
    const NamedTensors before = net.state();
    net.to(DType::float64);
    const NamedTensors after = net.state();
    REQUIRE(names(after) == names(before));
    for (std::size_t i = 0; i < after.size(); ++i) {
        if (before[i].tensor.dtype() == DType::int64) {
            CHECK(after[i].tensor.dtype() == DType::int64);
            continue;
        }
        REQUIRE(after[i].tensor.dtype() == DType::float64);
        CHECK(after[i].tensor.requires_grad() == before[i].tensor.requires_grad());
        for (std::int64_t e = 0; e < after[i].tensor.numel(); ++e) {
            REQUIRE(after[i].tensor.data<double>()[e] ==
                    static_cast<double>(before[i].tensor.data<float>()[e]));
        }
    }
    CHECK_THROWS_WITH(net.to(DType::bfloat16), "[Module] parameters are float32 or float64, not bfloat16");
    net.parameters()[1].tensor.set_grad(Tensor::zeros({4}, DType::float64));
    const std::string refused = "() must come before gradients and flat buffers, but 1.weight has a gradient";
    CHECK_THROWS_WITH(net.to(DType::float32), "[Module] to" + refused);
    CHECK_THROWS_WITH(net.to(Device::cpu()), "[Module] to" + refused);
    Tensors same;
    for (const NamedTensor& named : net.state()) same.push_back(named.tensor);
    CHECK_THROWS_WITH(net.replace_state(same), "[Module] replace_state" + refused);
}

TEST_CASE("an observer sees every call, innermost first") {
    Sequential net;
    fill_block(net);
    net.initialize(Initialization::pytorch, 3);
    std::vector<std::string> calls;
    {
        const ForwardObserver observer([&](const Module& module, const Tensor& input, const Tensor& output) {
            calls.push_back(to_text(module.type(), ' ', input.shape(), " -> ", output.shape()));
        });
        net(Tensor::zeros({2, 5, 5, 3}));
    }
    net(Tensor::zeros({2, 5, 5, 3}));  // nobody listens any more
    CHECK(calls ==
          std::vector<std::string>{"Conv2d (2,5,5,3) -> (2,3,3,4)", "BatchNorm2d (2,3,3,4) -> (2,3,3,4)",
                                   "Conv2d (2,3,3,4) -> (2,3,3,2)", "Sequential (2,3,3,4) -> (2,3,3,2)",
                                   "Sequential (2,5,5,3) -> (2,3,3,2)"});
}

TEST_CASE("operations run for their layer, in the backward pass for the layer that recorded them") {
    Sequential net;
    fill_block(net);
    net.initialize(Initialization::pytorch, 1);
    std::map<const void*, std::string> names_of{{nullptr, "outside"}};
    net.visit([&](const std::string& name, Module& module) { names_of.emplace(&module, name); });
    std::vector<std::string> calls;
    const auto train = [&] { backward(sum(net(Tensor::zeros({2, 5, 5, 3})))); };
    {
        const RunHook hook(
            [&](const Problem& problem, const Implementation& implementation, const Stream& stream) {
                calls.push_back(
                    to_text(names_of.at(current_owner()), ' ', problem.pass.op, '.', problem.pass.name));
                implementation.run(problem, stream);
            });
        train();
    }
    train();  // nobody listens any more
    CHECK(calls == std::vector<std::string>{
                       "0 conv2d.forward", "1 batch_norm.forward", "1 update_statistics.forward",
                       "inner.0 linear.forward", "outside reduce.forward", "outside reduce.backward",
                       "inner.0 linear.backward_input", "inner.0 linear.backward_weight",
                       "inner.0 linear.backward_bias", "1 batch_norm.backward", "0 conv2d.backward_weight"});
}
