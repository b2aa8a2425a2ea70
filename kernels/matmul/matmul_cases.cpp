#include "tern/kernels/matmul/matmul.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/matmul/matmul_passes.hpp"

namespace tern::cases {
namespace {

using namespace matmul_passes;

Shape stacked(std::vector<std::int64_t> leading, std::int64_t rows, std::int64_t columns) {
    leading.insert(leading.end(), {rows, columns});
    return Shape(leading);
}

using Extents = std::vector<std::int64_t>;

// Products of matrices in stacks of these extents.
PassCase batched(std::string name, const Extents& batch_a, const Extents& batch_b, std::int64_t m,
                 std::int64_t n, std::int64_t k, MatmulParams params, bool benchmark = false) {
    const TensorSpec a{params.transpose_a ? stacked(batch_a, k, m) : stacked(batch_a, m, k)};
    const TensorSpec b{params.transpose_b ? stacked(batch_b, n, k) : stacked(batch_b, k, n)};
    return case_of<Forward>(std::move(name), params, {.a = a, .b = b},
                            {.c = {matmul_output_shape(a.shape, b.shape, params)}}, {.c = Bound::products(k)},
                            {.benchmark = benchmark});
}

PassCase product(std::string name, std::int64_t m, std::int64_t n, std::int64_t k, MatmulParams params,
                 bool benchmark = false) {
    return batched(std::move(name), {}, {}, m, n, k, params, benchmark);
}

// All four combinations of transpositions.
std::vector<PassCase> products(const std::string& name, std::int64_t m, std::int64_t n, std::int64_t k) {
    return {product(name + " NN", m, n, k, {false, false}), product(name + " NT", m, n, k, {false, true}),
            product(name + " TN", m, n, k, {true, false}), product(name + " TT", m, n, k, {true, true})};
}

GradientCase gradient(std::string name, bool transpose_a, bool transpose_b) {
    return {std::move(name),
            {{transpose_a ? Shape{4, 3} : Shape{3, 4}}, {transpose_b ? Shape{2, 4} : Shape{4, 2}}},
            [=](const Tensors& in) { return Tensors{matmul(in[0], in[1], transpose_a, transpose_b)}; }};
}

}  // namespace

OpCases matmul_cases() {
    OpCases result;
    const auto append = [&](std::vector<PassCase> more) {
        for (PassCase& one : more) result.passes.push_back(std::move(one));
    };
    append(products("no row", 0, 3, 4));
    append(products("no column", 3, 0, 4));
    append(products("no term", 3, 4, 0));
    append(products("one", 1, 1, 1));
    append(products("odd", 37, 29, 53));
    append(products("row", 1, 130, 70));
    append(products("column", 70, 1, 130));
    append(products("many terms", 13, 66, 5000));
    append(products("more terms than one split has", 9, 10, 1100));
    append(products("large", 150, 150, 700));
    result.passes.push_back(batched("stack", {3}, {3}, 5, 7, 11, {}));
    result.passes.push_back(batched("stack of none", {0}, {0}, 5, 7, 11, {}));
    result.passes.push_back(batched("stack without terms", {3}, {3}, 5, 7, 0, {}));
    result.passes.push_back(batched("a repeated, TN", {}, {4}, 5, 7, 11, {true, false}));
    result.passes.push_back(batched("b repeated, TT", {2, 3}, {3}, 16, 24, 8, {true, true}));
    result.passes.push_back(batched("both repeated, NT", {4, 1, 2}, {3, 1}, 5, 16, 1100, {false, true}));
    result.passes.push_back(batched("heads", {64}, {64}, 128, 128, 64, {false, true}, true));
    result.passes.push_back(product("512 cubed NN", 512, 512, 512, {false, false}, true));
    result.passes.push_back(product("512 cubed TT", 512, 512, 512, {true, true}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        auto all = products("random", draw(0, 60), draw(0, 150), draw(0, 300));
        const std::int64_t outer = draw(1, 3), inner = draw(1, 4);
        all.push_back(batched("random stack", {outer, 1}, {draw(0, 1) == 0 ? 1 : outer, inner}, draw(1, 20),
                              draw(1, 20), draw(0, 40), {draw(0, 1) == 0, draw(0, 1) == 0}));
        return all;
    };
    result.gradients = {gradient("NN", false, false),
                        gradient("NT", false, true),
                        gradient("TN", true, false),
                        gradient("TT", true, true),
                        {"rows of a stack by one matrix",
                         {{{2, 3, 4}}, {{2, 4}}},
                         [](const Tensors& in) { return Tensors{matmul(in[0], in[1], false, true)}; }},
                        {"one matrix by a stack",
                         {{{4, 3}}, {{2, 4, 2}}},
                         [](const Tensors& in) { return Tensors{matmul(in[0], in[1], true)}; }},
                        {"both repeated", {{{2, 1, 3, 4}}, {{3, 2, 4}}}, [](const Tensors& in) {
                             return Tensors{matmul(in[0], in[1], false, true)};
                         }}};
    result.errors = {
        {"inner extents",
         [] {
             matmul(Tensor::zeros({2, 3}), Tensor::zeros({4, 5}));
         },
         "[matmul] inner extents differ: 3 and 4 (a (2,3), b (4,5))"},
        {"inner extents, transposed",
         [] {
             matmul(Tensor::zeros({2, 3}), Tensor::zeros({4, 5}), true, true);
         },
         "[matmul] inner extents differ: 2 and 5 (a (2,3) transposed, b (4,5) transposed)"},
        {"rank",
         [] {
             matmul(Tensor::zeros({2, 3}), Tensor::zeros({3}));
         },
         "[matmul] both must be matrices or stacks of them, got (2,3) and (3)"},
        {"leading extents",
         [] {
             matmul(Tensor::zeros({2, 2, 3}), Tensor::zeros({3, 3, 2}));
         },
         "[broadcast] (2) and (3) differ in dimension -1: 2 and 3"},
        {"types",
         [] {
             matmul(Tensor::zeros({2, 3}), Tensor::zeros({3, 2}, DType::float64));
         },
         "[matmul] both must be of one floating-point type, got float32 and float64"},
    };
    const PassCase small = product("small", 4, 5, 6, {});
    result.dispatch = {
        {small}, {small, DType::float64, "auto", "ref"}, {small, DType::float32, "ref", "ref"}};
    return result;
}

}  // namespace tern::cases
