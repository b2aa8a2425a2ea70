#include "tern/kernels/index_select/index_select.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/index_select/index_select_passes.hpp"

namespace tern::cases {
namespace {

using namespace index_select_passes;

PassCase forward_case(std::string name, const Shape& shape, int axis, std::int64_t count,
                      DType index_type = DType::int64, std::optional<DType> dtype = {},
                      bool benchmark = false) {
    const TensorSpec index{{count}, 0, static_cast<double>(shape[axis] - 1), index_type};
    return case_of<Forward>(
        std::move(name), IndexSelectParams{axis}, {.x = {shape, -9, 9, dtype}, .index = index},
        {.y = {shape.with(axis, count), -9, 9, dtype}}, {.y = Bound::exact()}, {.benchmark = benchmark});
}

// Both passes. A gradient is a sum of up to `count` terms.
std::vector<PassCase> passes(const std::string& name, const Shape& shape, int axis, std::int64_t count,
                             DType index_type = DType::int64, bool benchmark = false) {
    const TensorSpec index{{count}, 0, static_cast<double>(shape[axis] - 1), index_type};
    return {
        forward_case(name, shape, axis, count, index_type, {}, benchmark),
        case_of<Backward>(name, IndexSelectParams{axis}, {.dy = {shape.with(axis, count)}, .index = index},
                          {.dx = {shape}}, {.dx = Bound::products(count)}, {.benchmark = benchmark})};
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

Tensor indices(std::vector<std::int64_t> values) {
    const auto count = static_cast<std::int64_t>(values.size());
    return Tensor::from({count}, values);
}

}  // namespace

OpCases index_select_cases() {
    OpCases result;
    append(result.passes, passes("none", {3, 4}, 0, 0));
    append(result.passes, passes("nothing in a row", {3, 0}, 0, 5));
    append(result.passes, passes("rows", {7, 5}, 0, 4));
    append(result.passes, passes("often the same", {2, 9}, 0, 33, DType::int32));
    append(result.passes, passes("middle", {3, 6, 5}, 1, 8));
    append(result.passes, passes("last", {4, 11}, 1, 3));
    append(result.passes, passes("long rows", {3, 2500}, 0, 5));
    result.passes.push_back(forward_case("bytes", {20, 3, 4, 4}, 0, 7, DType::int64, DType::uint8));
    result.passes.push_back(forward_case("labels", {20}, 0, 7, DType::int64, DType::int64));
    append(result.passes, passes("batch of features", {50000, 784}, 0, 256, DType::int64, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Shape shape{draw(1, 5), draw(1, 9), draw(1, 40)};
        return passes("random", shape, static_cast<int>(draw(0, 2)), draw(0, 12));
    };
    result.gradients = {{"rows, one twice",
                         {{{4, 3}}},
                         [](const Tensors& in) {
                             return Tensors{index_select(in[0], 0, indices({2, 0, 2, 3}))};
                         }},
                        {"columns", {{{2, 3, 4}}}, [](const Tensors& in) {
                             return Tensors{index_select(in[0], -1, indices({3, 1}))};
                         }}};
    result.errors = {
        {"outside",
         [] {
             index_select(Tensor::zeros({3, 2}), 0, indices({0, 3}));
         },
         "[index_select] index 3 at place 1 is outside [0, 3)"},
        {"negative",
         [] {
             index_select(Tensor::zeros({3, 2}), 0, indices({-1}));
         },
         "[index_select] index -1 at place 0 is outside [0, 3)"},
        {"index of floats", [] { index_select(Tensor::zeros({3}), 0, Tensor::zeros({2})); },
         "[index_select] the index must be (J) of int32 or int64, got float32 (2) on cpu"},
        {"axis", [] { index_select(Tensor::zeros({3}), 1, indices({0})); },
         "[index_select] axis 1 of shape (3)"},
    };
    for (const PassCase& pass : passes("any type", {3, 2}, 0, 4)) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float32, "index_select=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
