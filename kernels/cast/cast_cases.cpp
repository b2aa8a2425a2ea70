#include "tern/kernels/cast/cast.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/cast/cast_passes.hpp"

namespace tern::cases {
namespace {

using namespace cast_passes;

// To float32 from the type under test, and from there back; from and to every type.
PassCase cast_case(const std::string& name, const Shape& shape, std::optional<DType> from,
                   std::optional<DType> to, bool benchmark = false) {
    const double low = from == DType::uint8 || to == DType::uint8 ? 0 : -100;
    const auto text = [](std::optional<DType> dtype) { return dtype ? name_of(*dtype) : "any"; };
    // One rounding of float64 to float32; to 16 bits one of their own.
    return case_of<Forward>(to_text(name, ", ", text(from), " to ", text(to)), {.x = {shape, low, 100, from}},
                            {.y = {shape, low, 100, to}}, {.y = Bound::relative(1)},
                            {.benchmark = benchmark});
}

constexpr DType kTypes[] = {DType::float32, DType::float64, DType::bfloat16, DType::float16,
                            DType::uint8,   DType::int8,    DType::int32,    DType::int64};

}  // namespace

OpCases cast_cases() {
    OpCases result;
    result.passes = {cast_case("empty", {0, 3}, {}, DType::float32),
                     cast_case("scalar", {}, {}, DType::bfloat16),
                     cast_case("several chunks", {70001}, {}, DType::float32),
                     cast_case("several chunks", {70001}, DType::float32, {})};
    for (const DType from : kTypes)
        for (const DType to : kTypes) result.passes.push_back(cast_case("odd", {7, 13}, from, to));
    result.passes.push_back(
        cast_case("image batch", {64, 32, 32, 64}, DType::float32, DType::bfloat16, true));
    result.passes.push_back(
        cast_case("image batch", {64, 32, 32, 64}, DType::bfloat16, DType::float32, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Shape shape{draw(0, 9), draw(1, 99)};
        return std::vector{cast_case("random", shape, {}, kTypes[draw(0, 7)])};
    };
    // The gradient is checked in tests/kernels/cast_test.cpp: differences need float64 throughout.
    result.dispatch = {
        {cast_case("plain", {3}, DType::float32, DType::bfloat16)},
        {cast_case("plain", {3}, DType::uint8, DType::float32)},
        {cast_case("plain", {3}, DType::float32, DType::uint8)},
        {cast_case("plain", {3}, DType::float64, DType::float32), DType::float32, "auto", "ref"},
        {cast_case("plain", {3}, DType::float32, DType::float16), DType::float32, "cast=ref", "ref"}};
    return result;
}

}  // namespace tern::cases
