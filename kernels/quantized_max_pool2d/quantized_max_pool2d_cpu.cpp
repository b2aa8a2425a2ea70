// Channels side by side in vectors. Outside of the image there are zeros, the smallest bytes.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/quantized_max_pool2d/quantized_max_pool2d_cpu.cpp"
#include <cstdint>
#include <vector>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_geometry.hpp"
#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d_passes.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::quantized_max_pool2d_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using max_pool2d_passes::find_pixels;
using max_pool2d_passes::Geometry;

// The largest of the bytes from `pixels` on.
template <class D>
HWY_INLINE void largest(D d, const std::uint8_t* image, const std::vector<std::int64_t>& pixels,
                        std::uint8_t* to) {
    auto most = hn::Zero(d);
    for (const std::int64_t pixel : pixels) most = hn::Max(most, hn::LoadU(d, image + pixel));
    hn::StoreU(most, d, to);
}

void forward(const Forward& pass) {
    const hn::ScalableTag<std::uint8_t> d;
    const hn::CappedTag<std::uint8_t, 1> one;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const Geometry g(pass.x.shape(), pass.y.shape(), pass.params.window);
    parallel_for(pass.y.dim(0) * g.out_height, 4, [&](std::int64_t begin, std::int64_t end) {
        std::vector<std::int64_t> pixels;
        for (std::int64_t line = begin; line < end; ++line) {
            const std::uint8_t* const image =
                pass.x.data<std::uint8_t>() + line / g.out_height * g.image_size();
            std::uint8_t* to = pass.y.data<std::uint8_t>() + line * g.out_width * g.channels;
            for (std::int64_t ow = 0; ow < g.out_width; ++ow, to += g.channels) {
                find_pixels(g, line % g.out_height, ow, pixels);
                std::int64_t c = 0;
                for (; c + lanes <= g.channels; c += lanes) largest(d, image + c, pixels, to + c);
                for (; c < g.channels; ++c) largest(one, image + c, pixels, to + c);
            }
        }
    });
}

}  // namespace tern::quantized_max_pool2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::quantized_max_pool2d_passes {

HWY_EXPORT(forward);

void run(Cpu, const Forward& pass, const Stream&) { HWY_DYNAMIC_DISPATCH(forward)(pass); }

}  // namespace tern::quantized_max_pool2d_passes
#endif
