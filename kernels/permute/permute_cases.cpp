#include "tern/kernels/permute/permute.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/permute/permute_passes.hpp"

namespace tern::cases {
namespace {

using namespace permute_passes;

PassCase permute_case(std::string name, const Shape& shape, std::vector<int> order, bool benchmark = false,
                      std::optional<DType> dtype = {}) {
    const Shape output = permute_output_shape(shape, order);
    return case_of<Forward>(std::move(name), {std::move(order)}, {.x = {shape, 0, 200, dtype}},
                            {.y = {output, 0, 200, dtype}}, {.y = Bound::exact()}, {.benchmark = benchmark});
}

// The numbers 0 .. rank-1 in an order drawn by Fisher and Yates.
std::vector<int> random_order(Draw& draw, int rank) {
    std::vector<int> order;
    for (int d = 0; d < rank; ++d) order.push_back(d);
    for (int d = rank - 1; d > 0; --d) std::swap(order[d], order[draw(0, d)]);
    return order;
}

ErrorCase error(std::string name, std::vector<int> order, const std::string& got) {
    return {std::move(name),
            [order = std::move(order)] {
                permute(Tensor::zeros({2, 3, 4}), order);
            },
            "[permute] the order must hold each of the 3 dimensions of (2,3,4) once, got " + got};
}

}  // namespace

OpCases permute_cases() {
    OpCases result;
    result.passes = {
        permute_case("scalar", {}, {}),
        permute_case("empty", {3, 0, 2}, {2, 0, 1}),
        permute_case("same order", {2, 3, 5}, {0, 1, 2}),
        permute_case("extents of 1", {1, 7, 1, 5}, {2, 3, 0, 1}),
        permute_case("transpose", {33, 65}, {1, 0}),
        permute_case("images to planes", {2, 5, 7, 35}, {0, 3, 1, 2}),
        permute_case("rows stay rows", {5, 4, 3, 6}, {1, 0, 2, 3}),
        permute_case("bytes", {3, 40, 9}, {2, 0, 1}, false, DType::uint8),
        permute_case("indices", {37, 3}, {1, 0}, false, DType::int64),
        permute_case("image batch", {64, 32, 32, 64}, {0, 3, 1, 2}, true),
    };
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        std::vector<std::int64_t> extents;
        const int rank = static_cast<int>(draw(1, 6));
        for (int d = 0; d < rank; ++d) extents.push_back(draw(1, d < 2 ? 40 : 5));
        return std::vector{permute_case("random", Shape(extents), random_order(draw, rank))};
    };
    result.gradients = {{"images to planes",
                         {{{2, 3, 2, 4}}},
                         [](const Tensors& in) {
                             return Tensors{permute(in[0], {0, 3, 1, 2})};
                         }},
                        {"transpose",
                         {{{2, 3, 4}}},
                         [](const Tensors& in) {
                             return Tensors{transpose(in[0]), transpose(in[0], 0, -1)};
                         }},
                        {"from the last", {{{2, 3, 4}}}, [](const Tensors& in) {
                             return Tensors{permute(in[0], {-1, 0, -2})};
                         }}};
    result.errors = {error("too few", {0, 1}, "(0,1)"), error("twice", {0, 1, 1}, "(0,1,1)"),
                     error("out of range", {0, 1, 3}, "(0,1,3)"),
                     error("twice, from the last", {0, 1, -2}, "(0,1,-2)"),
                     error("before the first", {0, 1, -4}, "(0,1,-4)")};
    const PassCase plain = permute_case("any type", {2, 3}, {1, 0});
    result.dispatch = {
        {plain}, {plain, DType::float64, "auto", "cpu"}, {plain, DType::float32, "permute=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
