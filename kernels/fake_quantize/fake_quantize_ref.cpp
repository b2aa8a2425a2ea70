#include <cmath>

#include "tern/kernels/fake_quantize/fake_quantize_passes.hpp"

namespace tern::fake_quantize_passes {

void run(Ref, const Forward& pass, const Stream&) {
    visit_floating(pass.x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const std::int64_t scales = pass.scale.numel();
        for (std::int64_t i = 0; i < pass.x.numel(); ++i) {
            const auto scale = static_cast<Real>(pass.scale.data<T>()[i / (pass.x.numel() / scales)]);
            Real q = std::nearbyint(static_cast<Real>(pass.x.data<T>()[i]) * (1 / scale));
            if (q < pass.params.low) q = static_cast<Real>(pass.params.low);
            if (q > pass.params.high) q = static_cast<Real>(pass.params.high);
            pass.y.data<T>()[i] = static_cast<T>(q * scale);
        }
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    visit_floating(pass.x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        const std::int64_t scales = pass.scale.numel();
        for (std::int64_t i = 0; i < pass.x.numel(); ++i) {
            const auto scale = static_cast<Real>(pass.scale.data<T>()[i / (pass.x.numel() / scales)]);
            const Real q = std::nearbyint(static_cast<Real>(pass.x.data<T>()[i]) * (1 / scale));
            const bool inside = pass.params.low <= q && q <= pass.params.high;
            pass.dx.data<T>()[i] = inside ? pass.dy.data<T>()[i] : T{};
        }
    });
}

}  // namespace tern::fake_quantize_passes
