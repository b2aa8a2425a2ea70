#include "tern/kernels/dropout/dropout_passes.hpp"

namespace tern::dropout_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const DropoutParams& params = pass.params;
    visit_floating(x.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (std::int64_t i = 0; i < x.numel(); ++i) {
            const bool kept =
                static_cast<double>(params.stream.uniform(params.first + static_cast<std::uint64_t>(i))) >=
                params.probability;
            const Real value =
                static_cast<Real>(x.data<T>()[i]) * static_cast<Real>(1 / (1 - params.probability));
            y.data<T>()[i] = static_cast<T>(kept ? value : Real{0});
        }
    });
}

}  // namespace tern::dropout_passes
