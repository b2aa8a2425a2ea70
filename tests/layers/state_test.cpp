#include "tern/layers/state.hpp"

#include <cstring>

#include "tern/core/memory/memory.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/flat_parameters.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/sequential.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

struct Net : Sequential {
    explicit Net(std::uint64_t seed) {
        append<Conv2d>(3, 5, {.kernel = 3, .padding = kSame});
        norm = &append<BatchNorm2d>(5);
        initialize(Initialization::pytorch, seed);
    }
    Tensor image() const { return cases::make_tensor({{2, 4, 4, 3}}, DType::float32, 3); }

    BatchNorm2d* norm;
};

std::vector<std::vector<double>> numbers(const NamedTensors& tensors) {
    std::vector<std::vector<double>> result;
    for (const NamedTensor& named : tensors) result.push_back(cases::to_doubles(named.tensor));
    return result;
}

// A copy that is no longer tied to the module.
NamedTensors copy(const NamedTensors& tensors) {
    NamedTensors result;
    for (const auto& [name, tensor] : tensors) result.push_back({name, tensor.clone()});
    return result;
}

}  // namespace

TEST_CASE("a state goes from one module to another, in any order") {
    Net from(1), to(2);
    from(from.image());  // running statistics other than 0 and 1
    REQUIRE(numbers(from.state()) != numbers(to.state()));
    NamedTensors state = copy(from.state());
    std::ranges::reverse(state);
    load_state(to, state);
    CHECK(numbers(to.state()) == numbers(from.state()));
    to.eval();
    from.eval();
    CHECK(cases::to_doubles(to(to.image())) == cases::to_doubles(from(to.image())));
}

TEST_CASE("numbers of other types are converted") {
    Net from(1), to(2);
    from(from.image());
    NamedTensors state = copy(from.state());
    REQUIRE(state[6].name == "1.num_batches_tracked");
    state[0].tensor = cast(state[0].tensor, DType::float64);  // exactly the same numbers
    state[1].tensor = cast(state[1].tensor, DType::float16);
    for (const DType count : {DType::int32, DType::uint8, DType::float32, DType::bfloat16}) {
        state[6].tensor = cast(from.state()[6].tensor, count);
        load_state(to, state);
        auto got = numbers(to.state()), wanted = numbers(from.state());
        CHECK(got[1] == cases::to_doubles(state[1].tensor));
        CHECK(got[1] != wanted[1]);
        got.erase(got.begin() + 1);
        wanted.erase(wanted.begin() + 1);
        CHECK(got == wanted);
    }
    state[6].tensor = from.state()[6].tensor.clone().reshape({1});  // as PyTorch before 0.4
    to.state()[6].tensor.fill_zero();
    load_state(to, state);
    CHECK(to.state()[6].tensor.item() == 1);
}

TEST_CASE("statistics may come without a count") {
    Net from(1), to(2), corrected(2);
    from(from.image());
    NamedTensors state = copy(from.state());
    std::erase_if(state, [](const NamedTensor& named) { return named.name == "1.num_batches_tracked"; });
    const auto count = [](Net& net) { return net.state().back().tensor.item(); };
    REQUIRE(count(from) == 1);

    to(to.image());
    load_state(to, state);
    CHECK(count(to) == 0);  // as PyTorch takes it
    corrected.norm->set_bias_correction(true);
    load_state(corrected, state);
    CHECK(count(corrected) == 356);  // 54 ln 2 / -ln 0.9, rounded up: old
    std::erase_if(state, [](const NamedTensor& named) { return named.name == "1.running_mean"; });
    CHECK_THROWS_WITH(load_state(to, state),
                      "[load_state] the names do not fit the model: missing 1.running_mean, "
                      "1.num_batches_tracked");
}

TEST_CASE("a state that does not fit is refused as a whole") {
    Net net(1);
    const auto before = numbers(net.state());
    const NamedTensors zeros = [&] {
        NamedTensors result = copy(net.state());
        for (const NamedTensor& named : result) named.tensor.fill_zero();
        return result;
    }();
    const auto refuses = [&](const NamedTensors& state, const std::string& message) {
        CHECK_THROWS_WITH(load_state(net, state), message);
        CHECK(numbers(net.state()) == before);
    };
    NamedTensors state = zeros;
    state.erase(state.begin(), state.begin() + 2);
    refuses(state, "[load_state] the names do not fit the model: missing 0.weight, 0.bias");
    state.push_back({"fc.weight", Tensor::zeros({2, 2})});
    refuses(state,
            "[load_state] the names do not fit the model: missing 0.weight, 0.bias; unexpected fc.weight");
    refuses({},
            "[load_state] the names do not fit the model: missing 0.weight, 0.bias, 1.weight, 1.bias, "
            "1.running_mean, 1.running_var and 1 more");
    state = zeros;
    state[0].tensor = Tensor::zeros({5, 3, 9});
    state[5].tensor = Tensor::zeros({5}, DType::int64);
    state[6].tensor = Tensor::zeros({2}, DType::int64);
    refuses(
        state,
        "[load_state] 0.weight is float32 (5,3,9), expected float32 (5,3,3,3), 1.running_var is int64 (5), "
        "expected float32 (5), 1.num_batches_tracked is int64 (2), expected int64 ()");
    state = zeros;
    state.push_back(state[3]);
    refuses(state, "[load_state] 1.bias appears twice");
}

TEST_CASE("parts that are left out keep what they have") {
    Net from(1), to(2);
    from(from.image());
    const auto before = numbers(to.state()), wanted = numbers(from.state());
    NamedTensors state = copy(from.state());
    state[2].tensor = Tensor::zeros({7});  // 1.weight of another size, skipped
    std::erase_if(state, [](const NamedTensor& named) { return named.name == "1.bias"; });
    state.push_back({"1.extra", Tensor::zeros({1})});  // below a part that is left out
    load_state(to, state, "load_state", {"1"});
    auto got = numbers(to.state());
    CHECK(std::vector(got.begin(), got.begin() + 2) == std::vector(wanted.begin(), wanted.begin() + 2));
    CHECK(std::vector(got.begin() + 2, got.end()) == std::vector(before.begin() + 2, before.end()));

    Net other(3);
    const auto own_bias = numbers(other.state())[1];
    load_state(other, from.state(), "load_state", {"0.bias"});  // one tensor
    got = numbers(other.state());
    CHECK(got[1] == own_bias);
    CHECK(got[0] == wanted[0]);
    CHECK(std::vector(got.begin() + 2, got.end()) == std::vector(wanted.begin() + 2, wanted.end()));
}

TEST_CASE("leaving out is as strict as loading") {
    Net net(1);
    const NamedTensors state = copy(net.state());
    CHECK_THROWS_WITH(load_state(net, state, "load_state", {"head"}),
                      "[load_state] \"head\" is to be left out, but the model has no such part");
    // A part is a whole name, not the beginning of one.
    CHECK_THROWS_WITH(load_state(net, state, "load_state", {"0.w"}),
                      "[load_state] \"0.w\" is to be left out, but the model has no such part");
    CHECK_THROWS_WITH(load_state(net, state, "load_state", {""}),
                      "[load_state] \"\" is to be left out, but the model has no such part");
    CHECK_THROWS_WITH(load_state(net, {state[0]}, "load_state", {"1"}),
                      "[load_state] the names do not fit the model: missing 0.bias");
}

TEST_CASE("flat buffers hold the parameters and their gradients") {
    Net flat_net(1), plain(1);
    const FlatParameters flat(flat_net);
    const auto forward_backward = [](Net& net) {
        const Tensor output = net(net.image());
        backward(output, cases::make_tensor({output.shape()}, DType::float32, 8));
    };
    CHECK(numbers(flat_net.state()) == numbers(plain.state()));
    forward_backward(flat_net);
    forward_backward(plain);

    std::vector<float> values(static_cast<std::size_t>(flat.size())), gradients = values;
    const NamedTensors parameters = plain.parameters();
    REQUIRE(flat.slices().size() == parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& [name, parameter, begin, count] = flat.slices()[i];
        CHECK(parameter.raw_data() == flat_net.parameters()[i].tensor.raw_data());
        CHECK(name == parameters[i].name);
        CHECK(begin * 4 % static_cast<std::int64_t>(kAlignment) == 0);
        REQUIRE(count == parameters[i].tensor.numel());
        std::ranges::copy(parameters[i].tensor.elements<float>(), values.begin() + begin);
        std::ranges::copy(parameters[i].tensor.grad().elements<float>(), gradients.begin() + begin);
    }
    // 5 * 27 floats take 9 lines of 16, three vectors of 5 one line each; padding is zero.
    CHECK(flat.size() == 9 * 16 + 3 * 16);
    CHECK(std::ranges::equal(flat.values().elements<float>(), values));
    CHECK(std::ranges::equal(flat.gradients().elements<float>(), gradients));
    CHECK(std::ranges::any_of(gradients, [](float value) { return value != 0; }));

    flat.values().fill_zero();
    for (const NamedTensor& parameter : flat_net.parameters()) {
        CHECK(
            std::ranges::all_of(parameter.tensor.elements<float>(), [](float value) { return value == 0; }));
    }
    flat.zero_grad();
    for (const NamedTensor& parameter : flat_net.parameters()) {
        const Tensor grad = parameter.tensor.grad();
        CHECK(std::ranges::all_of(grad.elements<float>(), [](float value) { return value == 0; }));
    }
}

TEST_CASE("flat buffers need parameters of one kind") {
    Sequential empty;
    CHECK_THROWS_WITH(FlatParameters(empty), "[FlatParameters] Sequential has no parameters");
}
