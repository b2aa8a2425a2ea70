#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"

namespace tern::global_average_pool_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const std::int64_t pixels = x.dim(1) * x.dim(2), channels = x.dim(3);
    visit_floating(x.dtype(), [&]<class T>() {
        for (std::int64_t n = 0; n < x.dim(0); ++n)
            for (std::int64_t c = 0; c < channels; ++c) {
                Compute<T> sum = 0;
                for (std::int64_t i = 0; i < pixels; ++i)
                    sum += static_cast<Compute<T>>(x.data<T>()[(n * pixels + i) * channels + c]);
                y.data<T>()[n * channels + c] = static_cast<T>(sum / static_cast<Compute<T>>(pixels));
            }
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    const Tensor &dy = pass.dy, &dx = pass.dx;
    const std::int64_t pixels = dx.dim(1) * dx.dim(2), channels = dx.dim(3);
    visit_floating(dy.dtype(), [&]<class T>() {
        for (std::int64_t i = 0; i < dx.numel(); ++i) {
            const std::int64_t n = i / (pixels * channels), c = i % channels;
            const auto grad = static_cast<Compute<T>>(dy.data<T>()[n * channels + c]);
            dx.data<T>()[i] = static_cast<T>(grad / static_cast<Compute<T>>(pixels));
        }
    });
}

}  // namespace tern::global_average_pool_passes
