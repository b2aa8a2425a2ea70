#include "tern/kernels/argmax/argmax.hpp"

#include "tern/kernels/argmax/argmax_passes.hpp"
#include "tern/kernels/cases/cases.hpp"

namespace tern::cases {
namespace {

using namespace argmax_passes;

// Multiples of 1/8, so that many are equal.
PassCase argmax_case(std::string name, const Shape& shape, int axis, std::optional<DType> dtype = {},
                     bool benchmark = false) {
    std::vector<std::int64_t> extents(shape.extents().begin(), shape.extents().end());
    extents.erase(extents.begin() + axis);
    const TensorSpec x{shape, -2, 2, dtype, true, 0.125}, y{Shape(extents), 0, 0, DType::int64};
    return case_of<Forward>(std::move(name), ArgmaxParams{axis}, {.x = x}, {.y = y}, {.y = Bound::exact()},
                            {.benchmark = benchmark});
}

}  // namespace

OpCases argmax_cases() {
    OpCases result;
    result.passes = {
        argmax_case("no rows", {0, 5}, 1),
        argmax_case("one", {1}, 0),
        argmax_case("classes", {64, 10}, 1),
        argmax_case("columns", {37, 11}, 0),
        argmax_case("middle", {3, 7, 5}, 1),
        argmax_case("bytes", {3, 7, 5}, 2, DType::uint8),
        argmax_case("int32", {5, 9}, 0, DType::int32),
        argmax_case("int64", {5, 9}, 0, DType::int64),
        argmax_case("no results of wide rows", {0, 5, 3}, 1),
        argmax_case("several chunks", {2001, 17}, 1),
        argmax_case("1000 classes", {4096, 1000}, 1, {}, true),
    };
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Shape shape{draw(1, 9), draw(1, 20), draw(1, 9)};
        return std::vector{argmax_case("random", shape, static_cast<int>(draw(0, 2)))};
    };
    result.errors = {
        {"scalar", [] { argmax(Tensor::zeros({})); }, "[argmax] axis -1 of shape ()"},
        {"axis",
         [] {
             argmax(Tensor::zeros({2, 3}), 2);
         },
         "[argmax] axis 2 of shape (2,3)"},
        {"no elements",
         [] {
             argmax(Tensor::zeros({2, 0}));
         },
         "[argmax] there is none of no elements (input (2,0), axis -1)"},
    };
    const PassCase plain = argmax_case("any type", {2, 3}, 1);
    result.dispatch = {
        {plain}, {plain, DType::float64, "auto", "cpu"}, {plain, DType::float32, "argmax=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
