// Plain structs, compared field by field.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace tern {

/// Stands for a field of any type, where only types count.
struct AnyField {
    template <class T>
    operator T() const;  // NOLINT(google-explicit-constructor)
};

/// Fields of a plain struct; `Known` so many of them.
template <class T, class... Known>
constexpr std::size_t field_count() {
    if constexpr (requires { T{Known{}..., AnyField{}}; })
        return field_count<T, Known..., AnyField>();
    else
        return sizeof...(Known);
}

/// Whether both are equal: by their own ==, else all fields in the same way. T: of at most 5 fields, if it has no ==.
template <class T>
bool equal_fields(const T& a, const T& b) {
    if constexpr (std::equality_comparable<T>) {
        return a == b;
    } else {
        constexpr std::size_t kCount = field_count<T>();
        static_assert(std::is_aggregate_v<T> && kCount <= 5, "give the struct an operator==");
        if constexpr (kCount == 1) {
            const auto& [a1] = a;
            const auto& [b1] = b;
            return equal_fields(a1, b1);
        } else if constexpr (kCount == 2) {
            const auto& [a1, a2] = a;
            const auto& [b1, b2] = b;
            return equal_fields(a1, b1) && equal_fields(a2, b2);
        } else if constexpr (kCount == 3) {
            const auto& [a1, a2, a3] = a;
            const auto& [b1, b2, b3] = b;
            return equal_fields(a1, b1) && equal_fields(a2, b2) && equal_fields(a3, b3);
        } else if constexpr (kCount == 4) {
            const auto& [a1, a2, a3, a4] = a;
            const auto& [b1, b2, b3, b4] = b;
            return equal_fields(a1, b1) && equal_fields(a2, b2) && equal_fields(a3, b3) &&
                   equal_fields(a4, b4);
        } else if constexpr (kCount == 5) {
            const auto& [a1, a2, a3, a4, a5] = a;
            const auto& [b1, b2, b3, b4, b5] = b;
            return equal_fields(a1, b1) && equal_fields(a2, b2) && equal_fields(a3, b3) &&
                   equal_fields(a4, b4) && equal_fields(a5, b5);
        } else {
            return true;
        }
    }
}

}  // namespace tern
