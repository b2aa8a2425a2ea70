#include "tern/kernels/normalize/normalize_ref.hpp"

#include "tern/kernels/op.hpp"

namespace tern::normalize_passes {
namespace {

template <class T>
ref::Normalization<T> normalization(const Problem& problem) {
    const auto& in = problem.inputs;
    return {in[0], in[1], in[2], in[3], in[4], in[5], problem.params<NormalizeParams>()};
}

}  // namespace

void forward_ref(const Problem& problem, const Stream&) {
    const Tensor& y = problem.outputs[0];
    visit_floating(y.dtype(), [&]<class T>() {
        const auto n = normalization<T>(problem);
        for (std::size_t i = 0; i < n.x.size(); ++i) y.data<T>()[i] = static_cast<T>(n.output(i));
    });
}

void backward_reduce_ref(const Problem& problem, const Stream&) {
    const auto& out = problem.outputs;
    visit_floating(problem.inputs[0].dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const auto n = normalization<T>(problem);
        const std::vector<Real> dy = widened<T>(problem.inputs[6]);
        std::vector<double> sums(n.mean.size()), products(n.mean.size());  // see channel_moments_ref.cpp
        for (std::size_t i = 0; i < dy.size(); ++i) {
            const Real dz = n.gradient(i, dy[i]);
            sums[n.channel(i)] += dz;
            products[n.channel(i)] += dz * n.distance(i);
        }
        for (std::size_t c = 0; c < sums.size(); ++c) {
            const Real r = n.inverse_deviation[c];
            const auto sum = static_cast<Real>(sums[c]), product = static_cast<Real>(products[c]);
            out[0].data<Real>()[c] = r * product;
            out[1].data<Real>()[c] = sum;
            out[2].data<Real>()[c] = -n.gamma[c] * r * sum;
            out[3].data<Real>()[c] = -n.gamma[c] * r * r * r * product / 2;
        }
    });
}

void backward_input_ref(const Problem& problem, const Stream&) {
    const Tensor &dx = problem.outputs[0], &dresidual = problem.outputs[1];
    visit_floating(dx.dtype(), [&]<class T>() {
        const auto n = normalization<T>(problem);
        const std::vector<Compute<T>> dy = widened<T>(problem.inputs[6]);
        for (std::size_t i = 0; i < dy.size(); ++i) {
            const std::size_t c = n.channel(i);
            const Compute<T> dz = n.gradient(i, dy[i]);
            dx.data<T>()[i] = static_cast<T>(n.gamma[c] * n.inverse_deviation[c] * dz);
            if (dresidual) dresidual.data<T>()[i] = static_cast<T>(dz);
        }
    });
}

}  // namespace tern::normalize_passes
