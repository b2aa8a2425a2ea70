#include <cmath>

#include "tern/kernels/quantize/quantize_passes.hpp"

namespace tern::quantize_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const int zero = pass.params.zero;
    for (std::int64_t i = 0; i < pass.x.numel(); ++i) {
        const float value = pass.x.data<float>()[i] / pass.params.scale;
        const float kept =
            std::fmin(std::fmax(value, static_cast<float>(-zero)), static_cast<float>(255 - zero));
        pass.y.data<std::uint8_t>()[i] =
            static_cast<std::uint8_t>(static_cast<int>(std::nearbyint(kept)) + zero);
    }
}

void run(Ref, const Inverse& pass, const Stream&) {
    for (std::int64_t i = 0; i < pass.x.numel(); ++i)
        pass.y.data<float>()[i] =
            static_cast<float>(pass.x.data<std::uint8_t>()[i] - pass.params.zero) * pass.params.scale;
}

}  // namespace tern::quantize_passes
