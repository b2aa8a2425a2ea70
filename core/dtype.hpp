// Element types of tensors.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string_view>
#include <type_traits>

#include "tern/core/error.hpp"
#include "tern/core/half.hpp"

namespace tern {

enum class DType : std::uint8_t { float32, float64, bfloat16, float16, uint8, int8, int32, int64 };

/// Bytes per element.
std::int64_t size_of(DType dtype);
/// "float32", "bfloat16", ...
std::string_view name_of(DType dtype);
/// The type of that name; throws Error that lists the names.
DType parse_dtype(std::string_view name);
bool is_floating(DType dtype);
/// float64 for float64, float32 for the other floating types: what references compute in, and the type of
/// statistics and losses. The DType of Compute<T>.
DType compute_dtype(DType dtype);
/// Distance from 1 to the next larger number (2^-7 for bfloat16, 2^-10, 2^-23, 2^-52). Floating types only.
double epsilon_of(DType dtype);

inline std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name_of(dtype); }

template <class T>
inline constexpr bool kAlwaysFalse = false;

/// The DType of a C++ element type.
template <class T>
constexpr DType dtype_of() {
    if constexpr (std::is_same_v<T, float>)
        return DType::float32;
    else if constexpr (std::is_same_v<T, double>)
        return DType::float64;
    else if constexpr (std::is_same_v<T, bfloat16>)
        return DType::bfloat16;
    else if constexpr (std::is_same_v<T, float16>)
        return DType::float16;
    else if constexpr (std::is_same_v<T, std::uint8_t>)
        return DType::uint8;
    else if constexpr (std::is_same_v<T, std::int8_t>)
        return DType::int8;
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return DType::int32;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return DType::int64;
    else
        static_assert(kAlwaysFalse<T>, "not an element type of tern");
}

/// `value` as an element: rounded to a floating-point type, cut to an integer one, whose ends stand for what
/// lies beyond them and 0 for a NaN. The rule of cast().
template <class T>
T element_of(double value) {
    if constexpr (std::is_integral_v<T>) {
        if (std::isnan(value)) return 0;
        if (value <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
        if (value >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    }
    return static_cast<T>(value);
}

/// Calls `function.template operator()<T>()` with the C++ type of a floating `dtype`.
template <class F>
decltype(auto) visit_floating(DType dtype, F&& function) {
    switch (dtype) {
        case DType::float32:
            return function.template operator()<float>();
        case DType::float64:
            return function.template operator()<double>();
        case DType::bfloat16:
            return function.template operator()<bfloat16>();
        case DType::float16:
            return function.template operator()<float16>();
        default:
            fail("dtype", "a floating-point type is needed, got ", dtype);
    }
}

/// The same for every element type.
template <class F>
decltype(auto) visit_any(DType dtype, F&& function) {
    switch (dtype) {
        case DType::uint8:
            return function.template operator()<std::uint8_t>();
        case DType::int8:
            return function.template operator()<std::int8_t>();
        case DType::int32:
            return function.template operator()<std::int32_t>();
        case DType::int64:
            return function.template operator()<std::int64_t>();
        default:
            return visit_floating(dtype, function);
    }
}

/// The type in which reference loops compute: float64 for float64, float32 for all other floating types.
template <class T>
using Compute = std::conditional_t<std::is_same_v<T, double>, double, float>;

}  // namespace tern
