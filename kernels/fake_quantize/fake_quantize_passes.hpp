#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/fake_quantize/fake_quantize.hpp"

namespace tern {

struct FakeQuantizeParams {
    int low = 0, high = 255;
};

namespace fake_quantize_passes {

struct Forward {
    const FakeQuantizeParams& params;
    const Tensor& x;      // (O, ...)
    const Tensor& scale;  // (O) or ()
    const Tensor& y;      // as x
    TERN_PASS(Forward, fake_quantize, forward, (x, scale), (y))

    double flops() const { return 5.0 * static_cast<double>(x.numel()); }
};

struct Backward {
    const FakeQuantizeParams& params;
    const Tensor& x;      // (O, ...)
    const Tensor& scale;  // (O) or ()
    const Tensor& dy;     // as x
    const Tensor& dx;     // as x
    TERN_PASS(Backward, fake_quantize, backward, (x, scale, dy), (dx))

    double flops() const { return 4.0 * static_cast<double>(x.numel()); }
};

}  // namespace fake_quantize_passes
}  // namespace tern
