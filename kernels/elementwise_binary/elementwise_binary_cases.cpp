#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"

#include <array>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

namespace tern::cases {
namespace {

using namespace elementwise_binary_passes;

struct BinaryKindCase {
    const char* name;
    BinaryKind kind;
    double low_a, high_a, low_b, high_b;  // away from poles
    Tensor (*function)(const Tensor&, const Tensor&);
};

const std::array kKinds{
    BinaryKindCase{"add", BinaryKind::add, -2, 2, -2, 2, add},
    BinaryKindCase{"sub", BinaryKind::sub, -2, 2, -2, 2, sub},
    BinaryKindCase{"mul", BinaryKind::mul, -2, 2, -2, 2, mul},
    BinaryKindCase{"div", BinaryKind::div, -2, 2, 0.5, 3, div},
    BinaryKindCase{"maximum", BinaryKind::maximum, -2, 2, -2, 2, maximum},
    BinaryKindCase{"minimum", BinaryKind::minimum, -2, 2, -2, 2, minimum},
    BinaryKindCase{"pow", BinaryKind::pow, 0.2, 3, -2, 2, pow},
};

// A few roundings, the library's functions within 1 ulp of theirs; b - 1 and log(a) may cancel: pow's
// derivatives round terms of size 1 before they multiply values of up to 0.2^-3 |b|.
std::vector<PassCase> passes(const std::string& name, const Shape& a, const Shape& b,
                             bool benchmark = false) {
    const Shape shape = broadcast_shape(a, b);
    std::vector<PassCase> all;
    for (const BinaryKindCase& kind : kKinds) {
        const ElementwiseBinaryParams params{kind.kind};
        const TensorSpec at_a{a, kind.low_a, kind.high_a}, at_b{b, kind.low_b, kind.high_b}, y{shape};
        const std::string full = name + ", " + kind.name;
        all.push_back(case_of<Forward>(full, params, {.a = at_a, .b = at_b}, {.y = y},
                                       {.y = Bound::relative(2)}, {.benchmark = benchmark}));
        all.push_back(case_of<BackwardA>(full, params, {.a = at_a, .b = at_b, .dy = y}, {.da = y},
                                         {.da = Bound::relative(6)}, {.benchmark = benchmark}));
        all.push_back(case_of<BackwardB>(full, params, {.a = at_a, .b = at_b, .dy = y}, {.db = y},
                                         {.db = Bound::relative(6)}, {.benchmark = benchmark}));
    }
    return all;
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

// Every element of both equal: shared evenly.
std::vector<PassCase> ties() {
    std::vector<PassCase> all;
    const TensorSpec one{{5}, 1, 1}, dy{{5}};
    for (const BinaryKind kind : {BinaryKind::maximum, BinaryKind::minimum}) {
        all.push_back(case_of<BackwardA>("ties", {kind}, {.a = one, .b = one, .dy = dy}, {.da = dy},
                                         {.da = Bound::exact()}));
        all.push_back(case_of<BackwardB>("ties", {kind}, {.a = one, .b = one, .dy = dy}, {.db = dy},
                                         {.db = Bound::exact()}));
    }
    return all;
}

}  // namespace

OpCases elementwise_binary_cases() {
    OpCases result;
    append(result.passes, passes("empty", {0, 3}, {0, 3}));
    append(result.passes, passes("empty, repeated", {0, 3}, {3}));
    append(result.passes, passes("scalars", {}, {}));
    append(result.passes, passes("same shape", {7, 5, 3}, {7, 5, 3}));
    append(result.passes, passes("several chunks", {3, 11111}, {3, 11111}));
    append(result.passes, passes("channels", {2, 3, 4, 37}, {37}));
    append(result.passes, passes("channels first", {37}, {2, 3, 4, 37}));
    append(result.passes, passes("scalar", {3, 5}, {}));
    append(result.passes, passes("per image", {3, 4, 5, 6}, {3, 1, 1, 6}));
    append(result.passes, passes("both repeated", {3, 1, 5}, {4, 1}));
    append(result.passes, passes("missing dimensions", {1, 4}, {3, 2, 1, 1}));
    append(result.passes, ties());
    append(result.passes, passes("image batch", {64, 32, 32, 64}, {64, 32, 32, 64}, true));
    append(result.passes, passes("image batch, channels", {64, 32, 32, 64}, {64}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        std::vector<std::int64_t> a, b;
        for (int d = 0; d < 4; ++d) {
            const std::int64_t extent = draw(1, 9), who = draw(0, 3);
            a.push_back(who == 1 ? 1 : extent);
            b.push_back(who == 2 ? 1 : extent);
        }
        a.erase(a.begin(), a.begin() + draw(0, 4));
        return passes("random", Shape(a), Shape(b));
    };
    for (const BinaryKindCase& kind : kKinds) {
        const auto run = [f = kind.function](const Tensors& in) { return Tensors{f(in[0], in[1])}; };
        const auto specs = [&](const Shape& a, const Shape& b) {
            return std::vector<TensorSpec>{{a, kind.low_a, kind.high_a}, {b, kind.low_b, kind.high_b}};
        };
        result.gradients.push_back({to_text(kind.name, ", same shape"), specs({2, 5}, {2, 5}), run});
        result.gradients.push_back({to_text(kind.name, ", channels"), specs({2, 3, 4}, {4}), run});
        result.gradients.push_back({to_text(kind.name, ", both"), specs({3, 1, 2}, {4, 1}), run});
    }
    result.gradients.push_back({"operators", {{{2, 3}, 1, 2}, {{3}, 1, 2}}, [](const Tensors& in) {
                                    return Tensors{(in[0] + in[1]) * in[0] - in[0] / in[1]};
                                }});
    result.gradients.push_back({"numbers on either side", {{{2, 3}, 1, 2}}, [](const Tensors& in) {
                                    const Tensor& x = in[0];
                                    Tensor y = (2 - x) * 3 + 1 / x - x / 7 + pow(x, 1.5) + -x;
                                    y += 0.5 * x - 1;
                                    y *= x + 1;
                                    y -= x;
                                    y /= 3 + x;
                                    return Tensors{y};
                                }});
    result.gradients.push_back({"with itself", {{{2, 3}}}, [](const Tensors& in) {
                                    return Tensors{in[0] + in[0], in[0] * in[0]};
                                }});
    result.errors = {
        {"shapes",
         [] {
             add(Tensor::zeros({2, 3}), Tensor::zeros({2, 4}));
         },
         "[broadcast] (2,3) and (2,4) differ in dimension -1: 3 and 4"},
        {"types differ", [] { mul(Tensor::zeros({2}), Tensor::zeros({2}, DType::float64)); },
         "[mul] both must be of one floating-point type, got float32 and float64"},
        {"undefined", [] { add(Tensor(), Tensor()); }, "[add] a is an undefined tensor"},
        {"integer and float", [] { add(Tensor::zeros({2}, DType::int32), Tensor::zeros({2})); },
         "[add] both must be of one floating-point type, got int32 and float32"},
        {"integers", [] { div(Tensor::zeros({2}, DType::int32), Tensor::zeros({2}, DType::int32)); },
         "[div] both must be of one floating-point type, got int32 and int32"},
    };
    for (const PassCase& pass : passes("float32", {2, 3}, {3})) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::float32, "elementwise_binary=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
