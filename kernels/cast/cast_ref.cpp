#include <cmath>
#include <limits>

#include "tern/kernels/cast/cast_passes.hpp"

namespace tern::cast_passes {
namespace {

template <class T>
constexpr bool kFloating = !std::is_integral_v<T>;

template <class To>
To integer_of(double value) {
    constexpr auto lowest = static_cast<double>(std::numeric_limits<To>::min());
    constexpr auto highest = static_cast<double>(std::numeric_limits<To>::max());  // 2^63 for int64
    if (std::isnan(value)) return 0;
    if (value <= lowest) return std::numeric_limits<To>::min();
    if (value >= highest) return std::numeric_limits<To>::max();
    return static_cast<To>(value);
}

template <class To, class From>
To converted(From value) {
    if constexpr (kFloating<To> && kFloating<From>)
        return static_cast<To>(static_cast<Compute<From>>(value));
    else if constexpr (kFloating<To>)
        return static_cast<To>(static_cast<Compute<To>>(value));
    else if constexpr (kFloating<From>)
        return integer_of<To>(static_cast<double>(value));
    else
        return static_cast<To>(value);
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    visit_any(x.dtype(), [&]<class From>() {
        visit_any(y.dtype(), [&]<class To>() {
            for (std::int64_t i = 0; i < x.numel(); ++i) y.data<To>()[i] = converted<To>(x.data<From>()[i]);
        });
    });
}

}  // namespace tern::cast_passes
