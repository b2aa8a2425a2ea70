#include "tern/kernels/matmul/matmul.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/matmul/matmul_passes.hpp"

namespace tern::cases {
namespace {

using namespace matmul_passes;

PassCase product(std::string name, std::int64_t m, std::int64_t n, std::int64_t k, MatmulParams params,
                 bool benchmark = false) {
    const TensorSpec a{params.transpose_a ? Shape{k, m} : Shape{m, k}};
    const TensorSpec b{params.transpose_b ? Shape{n, k} : Shape{k, n}};
    return case_of<Forward>(std::move(name), params, {.a = a, .b = b}, {.c = {{m, n}}},
                            {.c = Bound::products(k)}, {.benchmark = benchmark});
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
    result.passes.push_back(product("512 cubed NN", 512, 512, 512, {false, false}, true));
    result.passes.push_back(product("512 cubed TT", 512, 512, 512, {true, true}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return products("random", draw(0, 60), draw(0, 150), draw(0, 300));
    };
    result.gradients = {gradient("NN", false, false), gradient("NT", false, true),
                        gradient("TN", true, false), gradient("TT", true, true)};
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
         "[matmul] both must be matrices, got (2,3) and (3)"},
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
