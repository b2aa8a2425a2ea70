#include "tern/kernels/activation/activation.hpp"

#include <array>

#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/cases/cases.hpp"

namespace tern::cases {
namespace {

using namespace activation_passes;

using enum Activation;
constexpr std::array kAll{relu, relu6,   leaky_relu,       elu,       gelu, gelu_tanh,
                          silu, sigmoid, Activation::tanh, hard_swish};

constexpr double kRange = 8;  // inputs in [-kRange, kRange]: every piece of every function

// Selections are exact, a product is one rounding. The others: a few roundings and 1 to 2 ulp of the C
// library, of terms as large as the input (1 + erf(x) cancels, and x times that is off by |x| eps).
Bound bound(Activation activation) {
    switch (activation) {
        case none:
        case relu:
        case relu6:
            return Bound::exact();
        case leaky_relu:
            return Bound::relative(2);
        default:
            return Bound::relative(8, kRange);
    }
}

void add(std::vector<PassCase>& all, const std::string& name, const Shape& shape, Activation activation,
         bool benchmark = false) {
    const ActivationParams params{activation, 0.1, 1.25};
    const TensorSpec x{shape, -kRange, kRange}, y{shape};
    all.push_back(case_of<Forward>(name, params, {.x = x}, {.y = y}, {.y = bound(activation)},
                                   {.benchmark = benchmark}));
    all.push_back(case_of<Backward>(name, params, {.x = x, .dy = y}, {.dx = x}, {.dx = bound(activation)},
                                    {.benchmark = benchmark}));
}

// Between the kinks at -3, 0, 3 and 6.
struct Piece {
    double low, high;
};
constexpr std::array kPieces{Piece{-5, -3.1}, Piece{-2.9, -0.1}, Piece{0.1, 2.9}, Piece{3.1, 5.9},
                             Piece{6.1, 8}};

GradientCase gradient(Activation kind, const Piece& piece) {
    return {to_text(kind, " between ", piece.low, " and ", piece.high),
            {{{3, 5}, piece.low, piece.high}},
            [kind](const Tensors& in) {
                return Tensors{activation(in[0], ActivationParams{kind, 0.1, 1.25})};
            }};
}

}  // namespace

OpCases activation_cases() {
    OpCases result;
    for (const Activation kind : kAll) {
        add(result.passes, to_text(kind, ", none"), {0, 3}, kind);
        add(result.passes, to_text(kind, ", one"), {}, kind);
        add(result.passes, to_text(kind, ", odd"), {3, 7, 11}, kind);
    }
    add(result.passes, "relu, several chunks", {5, 64, 257}, relu);
    add(result.passes, "relu 64", {64, 32, 32, 64}, relu, true);
    add(result.passes, "relu 128", {64, 32, 32, 128}, relu, true);
    add(result.passes, "gelu 64", {64, 32, 32, 64}, gelu, true);
    add(result.passes, "silu 64", {64, 32, 32, 64}, silu, true);
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        std::vector<PassCase> some;
        const Shape shape{draw(1, 9), draw(1, 70)};
        add(some, "random", shape, kAll.at(static_cast<std::size_t>(draw(0, kAll.size() - 1))));
        return some;
    };
    for (const Activation kind : kAll) {
        for (const Piece& piece : kPieces) result.gradients.push_back(gradient(kind, piece));
    }
    result.errors = {
        {"integers", [] { tern::relu(Tensor::zeros({3}, DType::int32)); },
         "[activation] the input must be of a floating-point type, got int32 (3) on cpu"},
        {"unknown name", [] { parse_activation("swish"); },
         "[activation] \"swish\" is none of none, relu, relu6, leaky_relu, elu, gelu, gelu_tanh, silu, "
         "sigmoid, "
         "tanh, hard_swish"},
    };
    std::vector<PassCase> small;
    add(small, "float32", {4, 3}, relu);
    for (const PassCase& pass : small) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::bfloat16, "auto", "cpu"});
        result.dispatch.push_back({pass, DType::float32, "activation=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
