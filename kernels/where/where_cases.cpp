#include "tern/kernels/where/where.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/compare/compare.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/where/where_passes.hpp"

namespace tern::cases {
namespace {

using namespace where_passes;

PassCase where_case(std::string name, const Shape& condition, const Shape& a, const Shape& b,
                    std::optional<DType> dtype = {}, bool benchmark = false) {
    const TensorSpec y{broadcast_shape(condition, broadcast_shape(a, b)), -1, 1, dtype};
    return case_of<Forward>(
        std::move(name),
        {.condition = {condition, 0, 1, DType::uint8}, .a = {a, -9, 9, dtype}, .b = {b, -9, 9, dtype}},
        {.y = y}, {.y = Bound::exact()}, {.benchmark = benchmark});
}

}  // namespace

OpCases where_cases() {
    OpCases result;
    result.passes = {
        where_case("empty", {0, 3}, {3}, {}),
        where_case("scalars", {}, {}, {}),
        where_case("same shape", {7, 5, 3}, {7, 5, 3}, {7, 5, 3}),
        where_case("numbers", {3, 5}, {}, {}),
        where_case("one condition for all", {}, {4, 5}, {5}),
        where_case("all repeated", {3, 1, 1}, {4, 1}, {5}),
        where_case("several chunks", {3, 11111}, {3, 11111}, {}),
        where_case("bytes", {3, 5}, {5}, {3, 1}, DType::uint8),
        where_case("int64", {3, 5}, {5}, {3, 1}, DType::int64),
        where_case("image batch", {64, 32, 32, 64}, {64, 32, 32, 64}, {}, {}, true),
    };
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const std::int64_t rows = draw(1, 9), columns = draw(1, 40);
        const auto shape = [&] { return Shape{draw(0, 1) == 0 ? 1 : rows, draw(0, 1) == 0 ? 1 : columns}; };
        const Shape condition = shape(), a = shape();
        return std::vector{where_case("random", condition, a, shape())};
    };
    result.gradients = {
        {"both repeated",
         {{{3, 4}}, {{4}}},
         [](const Tensors& in) { return Tensors{where(less(in[0].detach(), 0.2), in[0], in[1])}; }},
        {"numbers",
         {{{3, 4}}},
         [](const Tensors& in) {
             const Tensor positive = greater(in[0].detach(), 0);
             return Tensors{where(positive, in[0], 0.5), where(positive, 1, in[0])};
         }},
    };
    result.errors = {
        {"condition", [] { where(Tensor::zeros({2}), Tensor::zeros({2}), Tensor::zeros({2})); },
         "[where] the condition must be uint8, got float32"},
        {"types",
         [] {
             where(Tensor::zeros({2}, DType::uint8), Tensor::zeros({2}), Tensor::zeros({2}, DType::int32));
         },
         "[where] both must be of one type on the condition's device, got float32 (2) on cpu and int32 (2) "
         "on "
         "cpu (condition uint8 (2) on cpu)"},
    };
    const PassCase plain = where_case("any type", {2, 3}, {3}, {});
    result.dispatch = {
        {plain}, {plain, DType::float64, "auto", "cpu"}, {plain, DType::float32, "where=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
