#include "tern/kernels/normalize/normalize_ref.hpp"

#include "tern/kernels/normalize/normalize_passes.hpp"

namespace tern::normalize_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor& y = pass.y;
    visit_floating(y.dtype(), [&]<class T>() {
        const ref::Normalization<T> n(pass);
        for (std::size_t i = 0; i < n.x.size(); ++i) y.data<T>()[i] = static_cast<T>(n.output(i));
    });
}

void run(Ref, const BackwardReduce& pass, const Stream&) {
    visit_floating(pass.x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const ref::Normalization<T> n(pass);
        const std::vector<Real> dy = upcast<T>(pass.dy);
        std::vector<double> sums(n.mean.size()), products(n.mean.size());  // see channel_moments_ref.cpp
        for (std::size_t i = 0; i < dy.size(); ++i) {
            const Real dz = n.gradient(i, dy[i]);
            sums[n.channel(i)] += dz;
            products[n.channel(i)] += dz * n.distance(i);
        }
        for (std::size_t c = 0; c < sums.size(); ++c) {
            const Real r = n.inverse_deviation[c];
            const auto sum = static_cast<Real>(sums[c]), product = static_cast<Real>(products[c]);
            pass.dgamma.data<Real>()[c] = r * product;
            pass.dbeta.data<Real>()[c] = sum;
            pass.dmean.data<Real>()[c] = -n.gamma[c] * r * sum;
            pass.dvariance.data<Real>()[c] = -n.gamma[c] * r * r * r * product / 2;
        }
    });
}

void run(Ref, const BackwardInput& pass, const Stream&) {
    const Tensor &dx = pass.dx, &dresidual = pass.dresidual;
    visit_floating(dx.dtype(), [&]<class T>() {
        const ref::Normalization<T> n(pass);
        const std::vector<Compute<T>> dy = upcast<T>(pass.dy);
        for (std::size_t i = 0; i < dy.size(); ++i) {
            const std::size_t c = n.channel(i);
            const Compute<T> dz = n.gradient(i, dy[i]);
            dx.data<T>()[i] = static_cast<T>(n.gamma[c] * n.inverse_deviation[c] * dz);
            if (dresidual) dresidual.data<T>()[i] = static_cast<T>(dz);
        }
    });
}

}  // namespace tern::normalize_passes
