#include "tern/core/dtype.hpp"

#include <array>

namespace tern {
namespace {

struct DTypeInfo {
    DType dtype;
    std::string_view name;
    int size;
    double epsilon;  // 0 for integers
};

constexpr std::array kRows{
    DTypeInfo{DType::float32, "float32", 4, 0x1p-23},
    DTypeInfo{DType::float64, "float64", 8, 0x1p-52},
    DTypeInfo{DType::bfloat16, "bfloat16", 2, 0x1p-7},
    DTypeInfo{DType::float16, "float16", 2, 0x1p-10},
    DTypeInfo{DType::uint8, "uint8", 1, 0},
    DTypeInfo{DType::int8, "int8", 1, 0},
    DTypeInfo{DType::int32, "int32", 4, 0},
    DTypeInfo{DType::int64, "int64", 8, 0},
};

const DTypeInfo& row(DType dtype) {
    const auto index = static_cast<std::size_t>(dtype);
    TERN_ASSERT(index < kRows.size() && kRows[index].dtype == dtype);
    return kRows[index];
}

}  // namespace

std::int64_t size_of(DType dtype) { return row(dtype).size; }
std::string_view name_of(DType dtype) { return row(dtype).name; }
bool is_floating(DType dtype) { return row(dtype).epsilon > 0; }

DType compute_dtype(DType dtype) {
    TERN_CHECK(is_floating(dtype), "dtype", "a floating-point type is needed, got ", dtype);
    return dtype == DType::float64 ? DType::float64 : DType::float32;
}

double epsilon_of(DType dtype) {
    TERN_CHECK(is_floating(dtype), "dtype", "epsilon needs a floating-point type, got ", dtype);
    return row(dtype).epsilon;
}

DType parse_dtype(std::string_view name) {
    std::string names;
    for (const DTypeInfo& candidate : kRows) {
        if (candidate.name == name) return candidate.dtype;
        names += names.empty() ? "" : ", ";
        names += candidate.name;
    }
    fail("dtype", '"', name, "\" is none of ", names);
}

}  // namespace tern
