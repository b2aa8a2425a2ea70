// An operation of one's own on the tape, y = x / (1 + |x|), and a check of its gradient.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "tern/tern.hpp"

namespace {

// Applies f(x[i], g[i]) to each element; on the CPU, float32 or float64.
template <class F>
tern::Tensor map(const tern::Tensor& x, const tern::Tensor& g, F f) {
    const tern::Tensor result = tern::Tensor::empty(x.shape(), x.dtype());
    tern::visit_floating(x.dtype(), [&]<class T>() {
        const auto a = x.elements<T>(), b = g.elements<T>(), out = result.elements<T>();
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(f(double(a[i]), double(b[i])));
    });
    return result;
}

struct Softsign : tern::Function {
    const char* name() const override { return "softsign"; }

    tern::Tensors backward(const tern::Tensors& grads) override {  // dx = dy / (1 + |x|)^2
        return {
            map(saved(0), grads[0], [](double x, double dy) { return dy / std::pow(1 + std::abs(x), 2); })};
    }
};

tern::Tensor softsign(const tern::Tensor& x) {
    TERN_CHECK(x.device().is_cpu(), "softsign", "x must be on the CPU, got ", x);
    const tern::Tensor y = map(x, x, [](double value, double) { return value / (1 + std::abs(value)); });
    if (auto* const function = tern::Function::record<Softsign>({x}, {y})) function->save(x);
    return y;
}

// The objective: a weighted sum, so that a wrong gradient of any element shows.
tern::Tensor objective(const tern::Tensor& x, const tern::Tensor& weight) {
    return tern::sum(tern::linear(softsign(x), weight, {}));
}

}  // namespace

int main() {
    const auto weight = tern::Tensor::from<double>({2, 4}, {1, -2, 3, 0.5, 0.25, 4, -1, 2});
    auto x = tern::Tensor::from<double>({3, 4}, {-3, -2, -1.5, -1, -0.5, -0.1, 0.1, 0.4, 0.9, 1.7, 2.5, 4});
    x.set_requires_grad(true);
    tern::backward(objective(x, weight));

    // Against central differences in float64.
    const tern::NoGrad no_grad;
    double worst = 0;
    for (std::size_t i = 0; i < x.elements<double>().size(); ++i) {
        const auto at = [&](double step) {
            const tern::Tensor moved = x.clone();
            moved.elements<double>()[i] += step;
            return objective(moved, weight).item();
        };
        const double wanted = (at(1e-5) - at(-1e-5)) / 2e-5, got = x.grad().elements<double>()[i];
        worst = std::max(worst, std::abs(got - wanted) / (1 + std::abs(wanted)));
    }
    std::printf("tern %s: the gradient of softsign is off by %.1e at most\n", tern::kVersion, worst);
    return worst < 1e-8 ? 0 : 1;
}
