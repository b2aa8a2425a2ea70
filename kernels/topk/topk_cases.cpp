#include "tern/kernels/topk/topk.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/topk/topk_passes.hpp"

namespace tern::cases {
namespace {

using namespace topk_passes;

// Multiples of 1/8, so that many are equal.
PassCase topk_case(std::string name, const Shape& shape, std::int64_t k, int axis,
                   std::optional<DType> dtype = {}, bool benchmark = false) {
    const TensorSpec x{shape, -2, 2, dtype, true, 0.125};
    return case_of<Forward>(
        std::move(name), TopkParams{k, axis}, {.x = x},
        {.values = {shape.with(axis, k), 0, 0, dtype}, .indices = {shape.with(axis, k), 0, 0, DType::int64}},
        {.values = Bound::exact(), .indices = Bound::exact()}, {.benchmark = benchmark});
}

}  // namespace

OpCases topk_cases() {
    OpCases result;
    result.passes = {
        topk_case("none of none", {0}, 0, 0),
        topk_case("none of some", {3, 4}, 0, 1),
        topk_case("no rows", {0, 5}, 2, 1),
        topk_case("one", {1}, 1, 0),
        topk_case("classes", {64, 10}, 5, 1),
        topk_case("all", {37, 11}, 11, 1),
        topk_case("columns", {37, 11}, 4, 0),
        topk_case("middle", {3, 17, 5}, 8, 1),
        topk_case("bytes", {3, 7, 5}, 3, 2, DType::uint8),
        topk_case("int32", {5, 9}, 2, 0, DType::int32),
        topk_case("int64", {5, 9}, 9, 1, DType::int64),
        topk_case("several chunks", {601, 17}, 3, 1),
        topk_case("long row", {2, 3000}, 40, 1),
        topk_case("1000 classes", {4096, 1000}, 5, 1, {}, true),
    };
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Shape shape{draw(1, 9), draw(1, 20), draw(1, 9)};
        const int axis = static_cast<int>(draw(0, 2));
        return std::vector{topk_case("random", shape, draw(0, shape[axis]), axis)};
    };
    result.gradients = {
        {"rows", {{{3, 5}}}, [](const Tensors& in) { return Tensors{topk(in[0], 2).values}; }},
        {"columns", {{{4, 3, 2}}}, [](const Tensors& in) { return Tensors{topk(in[0], 4, 0).values}; }}};
    result.errors = {
        {"scalar", [] { topk(Tensor::zeros({}), 1); }, "[topk] axis -1 of shape ()"},
        {"more than there are",
         [] {
             topk(Tensor::zeros({2, 3}), 4);
         },
         "[topk] k must be from 0 to 3, the extent of axis -1 of (2,3), got 4"},
        {"negative",
         [] {
             topk(Tensor::zeros({2, 3}), -1, 0);
         },
         "[topk] k must be from 0 to 2, the extent of axis 0 of (2,3), got -1"},
    };
    const PassCase plain = topk_case("any type", {2, 3}, 2, 1);
    result.dispatch = {
        {plain}, {plain, DType::float64, "auto", "cpu"}, {plain, DType::float32, "topk=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
