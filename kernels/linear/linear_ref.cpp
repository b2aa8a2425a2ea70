#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/shared/reference.hpp"

namespace tern::linear_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &w = pass.w, &bias = pass.bias, &y = pass.y;
    visit_floating(x.dtype(), [&]<class T>() {
        const auto xs = upcast<T>(x), ws = upcast<T>(w);
        const std::int64_t outputs = w.dim(0), inputs = w.dim(1);
        for (std::int64_t i = 0; i < y.numel(); ++i) {
            const std::int64_t p = i / outputs, o = i % outputs;
            Compute<T> sum = 0;
            for (std::int64_t k = 0; k < inputs; ++k) sum += xs[p * inputs + k] * ws[o * inputs + k];
            if (bias) sum += static_cast<Compute<T>>(bias.data<T>()[o]);
            y.data<T>()[i] = static_cast<T>(sum);
        }
    });
}

void run(Ref, const BackwardInput& pass, const Stream&) {
    const Tensor &dy = pass.dy, &w = pass.w, &dx = pass.dx;
    visit_floating(dy.dtype(), [&]<class T>() {
        const auto dys = upcast<T>(dy), ws = upcast<T>(w);
        const std::int64_t outputs = w.dim(0), inputs = w.dim(1);
        std::vector<Compute<T>> sums(static_cast<std::size_t>(dx.numel()));
        for (std::int64_t i = 0; i < dy.numel(); ++i) {
            const std::int64_t p = i / outputs, o = i % outputs;
            for (std::int64_t k = 0; k < inputs; ++k) sums[p * inputs + k] += dys[i] * ws[o * inputs + k];
        }
        store<T>(sums, dx);
    });
}

void run(Ref, const BackwardWeight& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy, &dw = pass.dw;
    visit_floating(x.dtype(), [&]<class T>() {
        const auto xs = upcast<T>(x), dys = upcast<T>(dy);
        const std::int64_t outputs = dw.dim(0), inputs = dw.dim(1);
        std::vector<Compute<T>> sums(static_cast<std::size_t>(dw.numel()));
        for (std::int64_t i = 0; i < dy.numel(); ++i) {
            const std::int64_t p = i / outputs, o = i % outputs;
            for (std::int64_t k = 0; k < inputs; ++k) sums[o * inputs + k] += dys[i] * xs[p * inputs + k];
        }
        store_gradient(sums, dw);
    });
}

void run(Ref, const BackwardBias& pass, const Stream&) {
    const Tensor &dy = pass.dy, &db = pass.dbias;
    visit_floating(dy.dtype(), [&]<class T>() {
        std::vector<Compute<T>> sums(static_cast<std::size_t>(db.numel()));
        for (std::int64_t i = 0; i < dy.numel(); ++i)
            sums[i % db.numel()] += static_cast<Compute<T>>(dy.data<T>()[i]);
        store_gradient(sums, db);
    });
}

}  // namespace tern::linear_passes
