#include "tern/core/create.hpp"

#include <algorithm>
#include <cmath>

namespace tern {
namespace {

// Element i is value(i), made on the CPU and copied.
template <class F>
Tensor made(const Shape& shape, DType dtype, Device device, F value) {
    const Tensor host = Tensor::empty(shape, dtype);
    visit_any(dtype, [&]<class T>() {
        for (std::int64_t i = 0; i < host.numel(); ++i) host.data<T>()[i] = element_of<T>(value(i));
    });
    return host.to(device);
}

void check_floating(const char* where, DType dtype) {
    TERN_CHECK(is_floating(dtype), where, "a floating-point type is needed, got ", dtype);
}

}  // namespace

Tensor arange(double start, double end, double step, DType dtype, Device device) {
    const char* const where = "arange";
    TERN_CHECK(std::isfinite(start) && std::isfinite(end) && std::isfinite(step) && step != 0, where,
               "start, end and step must be finite and step not 0, got ", start, ", ", end, ", ", step);
    const double count = std::ceil((end - start) / step);
    TERN_CHECK(count <= 0x1p53, where, start, " to ", end, " by ", step, " are more than 2^53 elements");
    return made({static_cast<std::int64_t>(std::max(count, 0.0))}, dtype, device,
                [=](std::int64_t i) { return start + static_cast<double>(i) * step; });
}

Tensor rand(const Shape& shape, const RandomStream& stream, DType dtype, Device device) {
    check_floating("rand", dtype);
    // Cut to the bits that the type has below 1, so that none is rounded up to it
    const double steps = std::min(1 / epsilon_of(dtype) * 2, 0x1p24);
    return made(shape, dtype, device, [&](std::int64_t i) {
        const auto number = static_cast<double>(stream.uniform(static_cast<std::uint64_t>(i)));
        return std::floor(number * steps) / steps;
    });
}

Tensor randn(const Shape& shape, const RandomStream& stream, DType dtype, Device device) {
    check_floating("randn", dtype);
    return made(shape, dtype, device,
                [&](std::int64_t i) { return stream.normal(static_cast<std::uint64_t>(i)); });
}

}  // namespace tern
