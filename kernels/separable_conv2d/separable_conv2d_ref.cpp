#include <optional>

#include "tern/kernels/normalize/normalize_ref.hpp"
#include "tern/kernels/separable_conv2d/separable_conv2d_passes.hpp"

namespace tern::separable_conv2d_passes {
namespace {

// The input, normalised where it is to be, and the output of the depthwise part.
template <class T>
struct Inner {
    using Real = Compute<T>;

    std::optional<ref::Normalization<T>> norm;
    std::vector<Real> a, u;

    template <class Pass>
    explicit Inner(const Pass& pass) {
        if (pass.mean) {
            norm.emplace(pass.x, pass.mean, pass.variance, pass.gamma, pass.beta, pass.residual,
                         pass.params.normalize);
            for (std::size_t i = 0; i < norm->x.size(); ++i) a.push_back(norm->output(i));
        } else {
            a = upcast<T>(pass.x);
        }
        u.resize(a.size());
        const std::vector<Real> taps = upcast<T>(pass.depthwise);
        for_each_meeting(pass.x.shape(), [&](std::size_t from, std::size_t to, std::size_t tap) {
            u[to] += a[from] * taps[tap];
        });
    }

    // Calls visit(pixel that is read, pixel that is made, tap) for all of them.
    template <class Visit>
    static void for_each_meeting(const Shape& shape, Visit visit) {
        const std::int64_t height = shape[1], width = shape[2], channels = shape[3];
        for (std::int64_t n = 0; n < shape[0]; ++n)
            for (std::int64_t h = 0; h < height; ++h)
                for (std::int64_t w = 0; w < width; ++w)
                    for (std::int64_t k = 0; k < 9; ++k) {
                        const std::int64_t row = h + k / 3 - 1, column = w + k % 3 - 1;
                        if (row < 0 || row >= height || column < 0 || column >= width) continue;
                        const std::int64_t from = ((n * height + row) * width + column) * channels;
                        const std::int64_t to = ((n * height + h) * width + w) * channels;
                        for (std::int64_t c = 0; c < channels; ++c)
                            visit(static_cast<std::size_t>(from + c), static_cast<std::size_t>(to + c),
                                  static_cast<std::size_t>(c * 9 + k));
                    }
    }
};

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &pointwise = pass.pointwise, &bias = pass.bias;
    const Tensor &y = pass.y, &mean = pass.y_mean, &variance = pass.y_variance;
    visit_floating(y.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Inner<T> inner(pass);
        if (pass.a) store<T>(inner.a, pass.a);
        const std::vector<Real> w = upcast<T>(pointwise);
        const auto outputs = static_cast<std::size_t>(pointwise.dim(0)),
                   channels = static_cast<std::size_t>(pointwise.dim(1));
        std::vector<Real> by_channel(w.size());  // (C, O), so that the innermost loop walks through outputs
        for (std::size_t i = 0; i < w.size(); ++i) by_channel[i % channels * outputs + i / channels] = w[i];
        std::vector<Real> values(static_cast<std::size_t>(y.numel()));
        for (std::size_t row = 0; row * outputs < values.size(); ++row) {
            Real* const sums = values.data() + row * outputs;
            for (std::size_t c = 0; c < channels; ++c) {
                const Real u = inner.u[row * channels + c];
                for (std::size_t o = 0; o < outputs; ++o) sums[o] += u * by_channel[c * outputs + o];
            }
            for (std::size_t o = 0; bias && o < outputs; ++o) sums[o] += static_cast<Real>(bias.data<T>()[o]);
        }
        store<T>(values, y);
        if (!mean) return;
        // In float64: see channel_moments_ref.cpp.
        for (std::size_t o = 0; o < outputs; ++o) {
            const auto rows = static_cast<double>(values.size() / outputs);
            double sum = 0, squares = 0;
            for (std::size_t i = o; i < values.size(); i += outputs) sum += values[i];
            const double centre = sum / rows;
            for (std::size_t i = o; i < values.size(); i += outputs)
                squares += (values[i] - centre) * (values[i] - centre);
            mean.data<Real>()[o] = static_cast<Real>(centre);
            variance.data<Real>()[o] = static_cast<Real>(squares / rows);
        }
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &pointwise = pass.pointwise, &y = pass.y, &y_mean = pass.y_mean;
    const Tensor &dy_mean = pass.dy_mean, &dy_variance = pass.dy_variance;
    visit_floating(pass.x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const Inner<T> inner(pass);
        const auto outputs = static_cast<std::size_t>(pointwise.dim(0)),
                   channels = static_cast<std::size_t>(pointwise.dim(1));
        std::vector<Real> dz = upcast<T>(pass.dy);
        const Real rows = static_cast<Real>(dz.size() / std::max<std::size_t>(outputs, 1));
        for (std::size_t i = 0; i < dz.size(); ++i) {
            const std::size_t o = i % outputs;
            if (dy_mean) dz[i] += dy_mean.data<Real>()[o] / rows;
            if (dy_variance)
                dz[i] += 2 * (static_cast<Real>(y.data<T>()[i]) - y_mean.data<Real>()[o]) *
                         dy_variance.data<Real>()[o] / rows;
        }
        // Sums over all rows in float64, as those of a batch norm.
        std::vector<Real> du(inner.a.size()), da(inner.a.size());
        const std::vector<Real> w = upcast<T>(pointwise), taps = upcast<T>(pass.depthwise);
        std::vector<double> dw(w.size()), dtaps(taps.size()), dbias(outputs);
        for (std::size_t i = 0; i < dz.size(); ++i) {
            const std::size_t row = i / outputs, o = i % outputs;
            dbias[o] += dz[i];
            for (std::size_t c = 0; c < channels; ++c) {
                du[row * channels + c] += dz[i] * w[o * channels + c];
                dw[o * channels + c] += dz[i] * inner.u[row * channels + c];
            }
        }
        Inner<T>::for_each_meeting(pass.x.shape(), [&](std::size_t from, std::size_t to, std::size_t tap) {
            da[from] += du[to] * taps[tap];
            dtaps[tap] += du[to] * inner.a[from];
        });
        store_gradient(dtaps, pass.ddepthwise);
        store_gradient(dw, pass.dpointwise);
        if (pass.dbias) store_gradient(dbias, pass.dbias);
        if (!inner.norm) {
            if (pass.dx) store<T>(da, pass.dx);
            return;
        }
        if (pass.da) {
            const std::vector<Real> of_a = upcast<T>(pass.da);
            for (std::size_t i = 0; i < da.size(); ++i) da[i] += of_a[i];
        }
        inner.norm->store_gradients(da, pass.dx, pass.dresidual, pass.dmean, pass.dvariance, pass.dgamma,
                                    pass.dbeta);
    });
}

}  // namespace tern::separable_conv2d_passes
