#include "tern/kernels/gather/gather.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/gather/gather_passes.hpp"

namespace tern::cases {
namespace {

using namespace gather_passes;

TensorSpec index_spec(const Shape& shape, int axis, std::int64_t count, DType index_type) {
    return {shape.with(axis, count), 0, static_cast<double>(shape[axis] - 1), index_type};
}

PassCase forward_case(std::string name, const Shape& shape, int axis, std::int64_t count,
                      DType index_type = DType::int64, std::optional<DType> dtype = {},
                      bool benchmark = false) {
    return case_of<Forward>(std::move(name), GatherParams{axis},
                            {.x = {shape, -9, 9, dtype}, .index = index_spec(shape, axis, count, index_type)},
                            {.y = {shape.with(axis, count), -9, 9, dtype}}, {.y = Bound::exact()},
                            {.benchmark = benchmark});
}

// Both passes. A gradient is a sum of up to `count` terms.
std::vector<PassCase> passes(const std::string& name, const Shape& shape, int axis, std::int64_t count,
                             DType index_type = DType::int64, bool benchmark = false) {
    return {forward_case(name, shape, axis, count, index_type, {}, benchmark),
            case_of<Backward>(
                name, GatherParams{axis},
                {.dy = {shape.with(axis, count)}, .index = index_spec(shape, axis, count, index_type)},
                {.dx = {shape}}, {.dx = Bound::products(count)}, {.benchmark = benchmark})};
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

Tensor indices(const Shape& shape, std::initializer_list<std::int64_t> values) {
    return Tensor::from(shape, values);
}

}  // namespace

OpCases gather_cases() {
    OpCases result;
    append(result.passes, passes("none", {3, 4}, 0, 0));
    append(result.passes, passes("nothing in a row", {3, 0}, 0, 5));
    append(result.passes, passes("vector", {7}, 0, 4));
    append(result.passes, passes("labels", {64, 10}, 1, 1, DType::int32));
    append(result.passes, passes("often the same", {2, 9}, 0, 33, DType::int32));
    append(result.passes, passes("middle", {3, 6, 5}, 1, 8));
    append(result.passes, passes("wide rows", {3, 700}, 0, 5));
    append(result.passes, passes("several chunks", {900, 60}, 1, 50));
    result.passes.push_back(forward_case("bytes", {20, 3, 4, 4}, 0, 7, DType::int64, DType::uint8));
    result.passes.push_back(forward_case("int64", {20, 3}, 1, 7, DType::int32, DType::int64));
    append(result.passes, passes("labels of 1000 classes", {4096, 1000}, 1, 1, DType::int64, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Shape shape{draw(1, 5), draw(1, 9), draw(1, 40)};
        return passes("random", shape, static_cast<int>(draw(0, 2)), draw(0, 12));
    };
    result.gradients = {{"columns, one twice",
                         {{{2, 4}}},
                         [](const Tensors& in) {
                             return Tensors{gather(in[0], 1, indices({2, 3}, {2, 0, 2, 3, 1, 0}))};
                         }},
                        {"narrower than the input", {{{3, 4, 2}}}, [](const Tensors& in) {
                             return Tensors{gather(in[0], -3, indices({2, 2, 1}, {2, 0, 2, 1}))};
                         }}};
    result.errors = {
        {"outside",
         [] {
             gather(Tensor::zeros({3, 2}), 0, indices({1, 2}, {0, 3}));
         },
         "[gather] index 3 at place 1 is outside [0, 3)"},
        {"negative",
         [] {
             gather(Tensor::zeros({3, 2}), 0, indices({1, 2}, {-1, 0}));
         },
         "[gather] index -1 at place 0 is outside [0, 3)"},
        {"index of floats", [] { gather(Tensor::zeros({3}), 0, Tensor::zeros({2})); },
         "[gather] the index must be int32 or int64, got float32 (2) on cpu"},
        {"rank",
         [] {
             gather(Tensor::zeros({3, 2}), 0, indices({2}, {0, 1}));
         },
         "[gather] the index must have the input's rank, and beside axis 0 at most its extents, got (2) for "
         "(3,2)"},
        {"wider than the input",
         [] {
             gather(Tensor::zeros({1, 2}), -1, indices({2, 1}, {0, 1}));
         },
         "[gather] the index must have the input's rank, and beside axis -1 at most its extents, got (2,1) "
         "for "
         "(1,2)"},
        {"axis", [] { gather(Tensor::zeros({3}), 1, indices({1}, {0})); }, "[gather] axis 1 of shape (3)"},
    };
    for (const PassCase& pass : passes("any type", {3, 2}, 0, 4)) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float32, "gather=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
