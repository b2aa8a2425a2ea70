#include "tern/kernels/compare/compare.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/compare/compare_passes.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"

namespace tern::cases {
namespace {

using namespace compare_passes;

// Multiples of 1/2 in [-2, 2] in every type, so that many are equal.
std::vector<PassCase> passes(const std::string& name, const Shape& a, const Shape& b,
                             std::optional<DType> dtype = {}, bool benchmark = false) {
    std::vector<PassCase> all;
    const TensorSpec x{a, -2, 2, dtype, true, 0.5}, z{b, -2, 2, dtype, true, 0.5};
    const TensorSpec y{broadcast_shape(a, b), 0, 1, DType::uint8};
    using enum Comparison;
    for (const auto& [kind, text] : {std::pair{equal, "equal"},
                                     {not_equal, "not_equal"},
                                     {less, "less"},
                                     {less_equal, "less_equal"},
                                     {greater, "greater"},
                                     {greater_equal, "greater_equal"}}) {
        all.push_back(case_of<Forward>(name + ", " + text, CompareParams{kind}, {.a = x, .b = z}, {.y = y},
                                       {.y = Bound::exact()}, {.benchmark = benchmark}));
    }
    return all;
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

}  // namespace

OpCases compare_cases() {
    OpCases result;
    append(result.passes, passes("empty", {0, 3}, {3}));
    append(result.passes, passes("scalars", {}, {}));
    append(result.passes, passes("same shape", {7, 5, 3}, {7, 5, 3}));
    append(result.passes, passes("number", {3, 5}, {}));
    append(result.passes, passes("both repeated", {3, 1, 5}, {4, 1}));
    append(result.passes, passes("several chunks", {3, 11111}, {3, 11111}));
    append(result.passes, passes("int32", {3, 5}, {5}, DType::int32));
    append(result.passes, passes("int64", {3, 5}, {5}, DType::int64));
    append(result.passes, passes("bytes", {3, 5}, {5}, DType::uint8));
    append(result.passes, passes("image batch", {64, 32, 32, 64}, {64}, {}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const std::int64_t rows = draw(1, 9), columns = draw(1, 40);
        return passes("random", {rows, draw(0, 1) == 0 ? 1 : columns}, {draw(0, 1) == 0 ? 1 : rows, columns});
    };
    result.errors = {
        {"types", [] { less(Tensor::zeros({2}), Tensor::zeros({2}, DType::int32)); },
         "[less] both must be of one type on one device, got float32 (2) on cpu and int32 (2) on cpu"},
        {"a number between integers", [] { less(Tensor::zeros({2}, DType::int32), 0.5); },
         "[less] 0.5 is not a number of the type int32"},
        {"a number beyond bytes", [] { equal(Tensor::zeros({2}, DType::uint8), 300); },
         "[equal] 300 is not a number of the type uint8"},
        {"shapes",
         [] {
             equal(Tensor::zeros({2, 3}), Tensor::zeros({2, 4}));
         },
         "[broadcast] (2,3) and (2,4) differ in dimension -1: 3 and 4"},
    };
    const PassCase plain = passes("any type", {2, 3}, {3})[0];
    result.dispatch = {
        {plain}, {plain, DType::float64, "auto", "cpu"}, {plain, DType::float32, "compare=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
