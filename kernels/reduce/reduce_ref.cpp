#include <cmath>
#include <limits>
#include <vector>

#include "tern/kernels/reduce/reduce_passes.hpp"
#include "tern/kernels/shared/ref_index.hpp"

namespace tern::reduce_passes {
namespace {

// Which result each element of a tensor of that shape goes to.
std::int64_t result_of(std::int64_t element, const Shape& shape, std::uint32_t axes) {
    const ref::Position at = ref::position_of(element, shape);
    std::int64_t result = 0;
    for (int d = 0; d < shape.rank(); ++d) {
        if ((axes >> d & 1) == 0) result = result * shape[d] + at[d];
    }
    return result;
}

// Elements per result.
std::int64_t count_of(const Shape& shape, std::uint32_t axes) {
    std::int64_t count = 1;
    for (int d = 0; d < shape.rank(); ++d) count *= (axes >> d & 1) ? shape[d] : 1;
    return count;
}

template <class Real>
Real combine(Reduction kind, Real so_far, Real value) {
    if (kind == Reduction::sum || kind == Reduction::mean) return so_far + value;
    if (std::isnan(so_far) || std::isnan(value)) return std::numeric_limits<Real>::quiet_NaN();
    return kind == Reduction::max ? std::max(so_far, value) : std::min(so_far, value);
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto [kind, axes] = pass.params;
    const std::int64_t count = count_of(x.shape(), axes);
    visit_floating(x.dtype(), [&, kind = kind, axes = axes]<class T>() {
        using Real = Compute<T>;
        const Real infinity = std::numeric_limits<Real>::infinity();
        const Real start = kind == Reduction::max ? -infinity : kind == Reduction::min ? infinity : 0;
        std::vector<Real> results(static_cast<std::size_t>(y.numel()), start);
        for (std::int64_t i = 0; i < x.numel(); ++i) {
            Real& result = results[result_of(i, x.shape(), axes)];
            result = combine(kind, result, static_cast<Real>(x.data<T>()[i]));
        }
        const Real divisor = kind == Reduction::mean ? static_cast<Real>(count) : 1;
        for (std::int64_t i = 0; i < y.numel(); ++i) y.data<T>()[i] = static_cast<T>(results[i] / divisor);
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y, &dy = pass.dy, &dx = pass.dx;
    const auto [kind, axes] = pass.params;
    const bool extreme = kind == Reduction::max || kind == Reduction::min;
    const std::int64_t count = count_of(dx.shape(), axes);
    visit_floating(dy.dtype(), [&, kind = kind, axes = axes]<class T>() {
        using Real = Compute<T>;
        std::vector<std::int64_t> shares(static_cast<std::size_t>(dy.numel()),
                                         kind == Reduction::mean ? count : 1);
        const auto ties = [&](std::int64_t i, std::int64_t result) {
            const Real one = static_cast<Real>(x.data<T>()[i]),
                       found = static_cast<Real>(y.data<T>()[result]);
            return one == found || (std::isnan(one) && std::isnan(found));
        };
        if (extreme) {
            shares.assign(shares.size(), 0);
            for (std::int64_t i = 0; i < dx.numel(); ++i) {
                const std::int64_t result = result_of(i, dx.shape(), axes);
                if (ties(i, result)) ++shares[result];
            }
        }
        for (std::int64_t i = 0; i < dx.numel(); ++i) {
            const std::int64_t result = result_of(i, dx.shape(), axes);
            const Real share = static_cast<Real>(dy.data<T>()[result]) / static_cast<Real>(shares[result]);
            dx.data<T>()[i] = static_cast<T>(!extreme || ties(i, result) ? share : Real{0});
        }
    });
}

}  // namespace tern::reduce_passes
