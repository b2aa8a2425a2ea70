#include "tern/kernels/accumulate/accumulate.hpp"

#include "tern/kernels/accumulate/accumulate_passes.hpp"
#include "tern/kernels/cases/cases.hpp"

namespace tern::cases {
namespace {

using namespace accumulate_passes;

PassCase add_case(std::string name, const Shape& shape, bool benchmark = false) {
    return case_of<Forward>(std::move(name), {.sum = {shape}, .term = {shape}}, {.result = {shape}},
                            {.result = Bound::relative(1)}, {.benchmark = benchmark, .in_place = true});
}

// As sums of losses are, whatever the type of training.
PassCase double_case(const std::string& name, const Shape& shape) {
    const TensorSpec spec{.shape = shape, .dtype = DType::float64};
    return case_of<Forward>(name, {.sum = spec, .term = spec}, {.result = spec},
                            {.result = Bound::relative(1)}, {.in_place = true});
}

}  // namespace

OpCases accumulate_cases() {
    OpCases result;
    result.passes = {add_case("empty", {0, 3}), add_case("one", {}), add_case("odd", {7, 13}),
                     double_case("float64", {7, 2}), add_case("image batch", {64, 32, 32, 64}, true)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return std::vector{add_case("random", {draw(0, 9), draw(1, 99)})};
    };
    result.errors = {{"shapes differ", [] { accumulate(Tensor::zeros({2}), Tensor::zeros({3})); },
                      "[accumulate] cannot add float32 (3) on cpu to float32 (2) on cpu"}};
    result.dispatch = {{add_case("float32", {5})},
                       {add_case("float64", {5}), DType::float64, "auto", "ref"},
                       {add_case("forced", {5}), DType::float32, "accumulate=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
