// What dropout's masks follow from, and what they do not.
#include "tern/layers/dropout.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tern/kernels/backward.hpp"
#include "tern/kernels/dropout/dropout.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/layers/derived_seed.hpp"
#include "tern/layers/dropout_scope.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/sequential.hpp"
#include "tern/layers/state.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

using Floats = std::vector<float>;

Floats floats(const Tensor& tensor) {
    const auto elements = tensor.elements<float>();
    return {elements.begin(), elements.end()};
}

const Tensor& ones() {
    static const Tensor tensor = Tensor::full({1000}, 1);
    return tensor;
}

// The first mask of the step.
Floats mask(Module& layer, std::uint64_t step) {
    const DropoutScope scope(step);
    return floats(layer(ones()));
}

// Two dropouts, one of them in a child, which the whole runs one after the other or apart.
struct Pair : Module {
    std::string type() const override { return "Pair"; }
    Dropout& first = add_child<Dropout>("first", 0.5);
    Sequential& inner = add_child<Sequential>("inner");
    Dropout& second = inner.append<Dropout>(0.5);

  protected:
    Features forward(Features x) override { return second(first(std::move(x))); }
};

}  // namespace

TEST_CASE("dropout follows from seed and step, and rests in evaluation") {
    Dropout layer(0.25, 9);
    const Floats third = mask(layer, 3);
    const auto kept = std::ranges::count(third, 1 / 0.75f);
    CHECK(kept + std::ranges::count(third, 0.0f) == 1000);
    CHECK(std::abs(static_cast<double>(kept) - 750) <= 5 * std::sqrt(1000 * 0.25 * 0.75));
    CHECK(mask(layer, 3) == third);
    CHECK(mask(layer, 4) != third);
    // The bits of a seed are those of its stream.
    CHECK(third == floats(dropout(ones(), 0.25, RandomStream{9, RandomPurpose::dropout, 3})));
    Dropout other(0.25, 10);
    CHECK(mask(other, 3) != third);
    layer.eval();
    CHECK(layer(ones()).same_as(ones()));
    CHECK_THROWS_WITH(Dropout(1, 0), "[Dropout] probability must be in [0, 1), got 1");
    CHECK_THROWS_WITH(Dropout(NAN), "[Dropout] probability must be in [0, 1), got nan");
}

TEST_CASE("training needs a scope, and steps have an end") {
    Dropout layer(0.5);
    CHECK_THROWS_WITH(
        layer(ones()),
        "[Dropout] training draws for a step, but there is no DropoutScope; make one before the loop");
    const DropoutScope scope(0xffffffffu);
    CHECK_NOTHROW(layer(ones()));
    scope.next_step();
    CHECK_THROWS_WITH(layer(ones()), "[DropoutScope] steps go up to 2^32 - 1, got 4294967296");
    CHECK_THROWS_WITH(scope.start_piece(-1),
                      "[DropoutScope] the first row of a piece must not be negative, got -1");
}

TEST_CASE("scopes nest") {
    CHECK(DropoutScope::current() == nullptr);
    {
        const DropoutScope outer(1);
        {
            const DropoutScope inner(2);
            CHECK(DropoutScope::current() == &inner);
        }
        CHECK(DropoutScope::current() == &outer);
    }
    CHECK(DropoutScope::current() == nullptr);
}

TEST_CASE("the seed of a dropout follows from the model's and its name") {
    Pair net;
    net.initialize(Initialization::pytorch, 7);
    const Floats first = mask(net.first, 0), second = mask(net.second, 0);
    CHECK(first != second);
    Dropout named(0.5, derived_seed(7, "first")), below(0.5, derived_seed(7, "inner.0"));
    CHECK(first == mask(named, 0));
    CHECK(second == mask(below, 0));
    Pair again;
    again.initialize(Initialization::he_normal, 7);
    CHECK(mask(again.first, 0) == first);
    again.initialize(Initialization::pytorch, 8);
    CHECK(mask(again.first, 0) != first);
}

TEST_CASE("a model that was only loaded draws as if its seed were 0") {
    Pair loaded, zero;
    load_state(loaded, NamedTensors{});
    zero.initialize(Initialization::pytorch, 0);
    CHECK(mask(loaded.first, 0) == mask(zero.first, 0));
    CHECK(mask(loaded.second, 0) == mask(zero.second, 0));
    CHECK(mask(loaded.first, 0) != mask(loaded.second, 0));
}

TEST_CASE("each call of a step draws anew, the same in every run") {
    Dropout layer(0.5, 3), same_seed(0.5, 3);
    const auto masks = [&](std::uint64_t step) {
        const DropoutScope scope(step);
        return std::vector<Floats>{floats(layer(ones())), floats(layer(ones())), floats(same_seed(ones()))};
    };
    const std::vector<Floats> drawn = masks(5);
    CHECK(drawn[0] != drawn[1]);
    CHECK(drawn[0] != drawn[2]);
    CHECK(drawn[1] != drawn[2]);
    CHECK(masks(5) == drawn);
    CHECK(masks(6)[1] != drawn[1]);
}

TEST_CASE("a batch in pieces draws what it draws whole, gradients included") {
    Pair net;
    net.initialize(Initialization::pytorch, 4);
    Tensor batch = Tensor::full({7, 3, 5}, 1);
    batch.set_requires_grad(true);
    const DropoutScope scope(2);
    const Tensor output = net(batch);
    backward(sum(output));
    const Floats whole = floats(output), gradient = floats(batch.grad());
    Floats in_pieces, gradient_in_pieces;
    for (const auto& [begin, end] : {std::pair{0, 2}, std::pair{2, 3}, std::pair{3, 7}}) {
        scope.start_piece(begin);
        Tensor piece = Tensor::full({end - begin, 3, 5}, 1);
        piece.set_requires_grad(true);
        const Tensor result = net(piece);
        backward(sum(result));
        for (const float value : floats(result)) in_pieces.push_back(value);
        for (const float value : floats(piece.grad())) gradient_in_pieces.push_back(value);
    }
    CHECK(in_pieces == whole);
    CHECK(gradient_in_pieces == gradient);
}
