#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d.hpp"

#include <limits>

#include "tern/kernels/max_pool2d/max_pool2d_ref.hpp"
#include "tern/kernels/normalize/normalize_ref.hpp"
#include "tern/kernels/op.hpp"

namespace tern::normalize_max_pool2d_passes {
namespace {

// The normalisation and what it makes of the input.
template <class T>
struct Normalized {
    using Real = Compute<T>;

    ref::Normalization<T> norm;
    std::vector<Real> a;

    explicit Normalized(const Problem& problem)
        : norm(problem.inputs[0], problem.inputs[1], problem.inputs[2], problem.inputs[3], problem.inputs[4],
               Tensor(), problem.params<NormalizeMaxPool2dParams>().normalize) {
        for (std::size_t i = 0; i < norm.x.size(); ++i) a.push_back(norm.output(i));
    }
};

}  // namespace

void forward_ref(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &y = problem.outputs[0];
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Normalized<T> normalized(problem);
        const Real* const a = normalized.a.data();
        max_pool2d_passes::for_each_largest(
            a, x.shape(), y.shape(), problem.params<NormalizeMaxPool2dParams>().window,
            [&](std::int64_t output, std::int64_t cell) {
                y.data<T>()[output] =
                    static_cast<T>(cell < 0 ? -std::numeric_limits<Real>::infinity() : a[cell]);
            });
    });
}

void backward_ref(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &dy = problem.inputs[5];
    const auto& out = problem.outputs;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Normalized<T> normalized(problem);
        std::vector<Real> da(normalized.a.size());
        max_pool2d_passes::for_each_largest(
            normalized.a.data(), x.shape(), dy.shape(), problem.params<NormalizeMaxPool2dParams>().window,
            [&](std::int64_t output, std::int64_t cell) {
                if (cell >= 0) da[static_cast<std::size_t>(cell)] += static_cast<Real>(dy.data<T>()[output]);
            });
        normalized.norm.store_gradients(da, out[0], {}, out[1], out[2], out[3], out[4]);
    });
}

}  // namespace tern::normalize_max_pool2d_passes
