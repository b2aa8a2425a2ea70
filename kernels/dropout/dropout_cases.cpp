#include "tern/kernels/dropout/dropout.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/dropout/dropout_passes.hpp"

namespace tern::cases {
namespace {

using namespace dropout_passes;

constexpr RandomStream kStream{7, RandomPurpose::dropout, 3};

PassCase dropout_case(std::string name, const Shape& shape, double probability, bool benchmark = false,
                      const RandomStream& stream = kStream, std::uint64_t first = 0) {
    // Two roundings, of the scale and of the product.
    return case_of<Forward>(std::move(name), {probability, stream, first}, {.x = {shape}}, {.y = {shape}},
                            {.y = Bound::relative(2)}, {.benchmark = benchmark});
}

ErrorCase error(std::string name, double probability, const std::string& got) {
    return {std::move(name), [probability] { dropout(Tensor::zeros({2}), probability, kStream); },
            "[dropout] the probability must be in [0, 1], got " + got};
}

}  // namespace

OpCases dropout_cases() {
    OpCases result;
    result.passes = {dropout_case("empty", {0, 3}, 0.5),
                     dropout_case("scalar", {}, 0.5),
                     dropout_case("odd", {7, 13}, 0.3),
                     dropout_case("nothing dropped", {5, 5}, 0),
                     dropout_case("all dropped", {5, 5}, 1),
                     dropout_case("several chunks", {5, 9001}, 0.5),
                     dropout_case("from a whole block on", {3, 21}, 0.5, false, kStream, 4096),
                     dropout_case("from inside a block on", {5, 9001}, 0.5, false, kStream, 9003),
                     dropout_case("beyond 2^32 numbers", {7, 13}, 0.5, false, kStream, (1ull << 34) - 3),
                     dropout_case("image batch", {64, 32, 32, 64}, 0.5, true)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const double probability = static_cast<double>(draw(0, 100)) / 100;
        return std::vector{dropout_case("random", {draw(0, 9), draw(1, 99)}, probability, false,
                                        {seed, RandomPurpose::dropout, 5},
                                        static_cast<std::uint64_t>(draw(0, 99)))};
    };
    result.gradients = {
        {"half", {{{5, 7}}}, [](const Tensors& in) { return Tensors{dropout(in[0], 0.5, kStream)}; }},
        {"part of a batch", {{{5, 7}}}, [](const Tensors& in) {
             return Tensors{dropout(in[0], 0.5, kStream, 13)};
         }}};
    result.errors = {error("negative", -0.1, "-0.1"),
                     error("above 1", 1.5, "1.5"),
                     error("no number", std::nan(""), "nan"),
                     {"integers", [] { dropout(Tensor::zeros({2}, DType::int32), 0.5, kStream); },
                      "[dropout] the input must be of a floating-point type, got int32"}};
    const PassCase plain = dropout_case("plain", {2, 3}, 0.5);
    result.dispatch = {
        {plain}, {plain, DType::float64, "auto", "ref"}, {plain, DType::float32, "dropout=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
