#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/prepare_images/placement.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"

namespace tern::prepare_images_passes {
namespace {

// One image: planes (C, pixels) to (pixels, C). 3 KB in, 12 KB out: both stay in L1.
void image(const std::uint8_t* planes, const float* scale, const float* shift, float* y,
           std::int64_t channels, std::int64_t pixels) {
    for (std::int64_t c = 0; c < channels; ++c) {
        const std::uint8_t* plane = planes + c * pixels;
        for (std::int64_t i = 0; i < pixels; ++i) {
            y[i * channels + c] = static_cast<float>(plane[i]) * scale[c] + shift[c];
        }
    }
}

// The same, cropped and mirrored.
void augmented(const std::uint8_t* planes, const float* scale, const float* shift, float* y, int channels,
               int height, int width, const Placement& place) {
    for (int h = 0; h < height; ++h) {
        const int row = place.row(h);
        for (int w = 0; w < width; ++w) {
            const int column = place.column(w, width);
            const bool inside = row >= 0 && row < height && column >= 0 && column < width;
            for (int c = 0; c < channels; ++c) {
                const std::uint8_t byte = inside ? planes[(c * height + row) * width + column] : 0;
                *y++ = static_cast<float>(byte) * scale[c] + shift[c];
            }
        }
    }
}

}  // namespace

void run(Cpu, const Images& pass, const Stream&) {
    const Tensor &images = pass.images, &samples = pass.samples, &y = pass.y;
    const float *scale = pass.scale.data<float>(), *shift = pass.shift.data<float>();
    const std::int64_t channels = images.dim(1), pixels = images.dim(2) * images.dim(3);
    const PrepareImagesParams& params = pass.params;
    parallel_for(samples.dim(0), 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
            const std::int64_t sample = samples.dtype() == DType::int32 ? samples.data<std::int32_t>()[n]
                                                                        : samples.data<std::int64_t>()[n];
            const std::uint8_t* planes = images.data<std::uint8_t>() + sample * channels * pixels;
            float* const result = y.data<float>() + n * channels * pixels;
            if (params.augments())
                augmented(planes, scale, shift, result, static_cast<int>(channels),
                          static_cast<int>(images.dim(2)), static_cast<int>(images.dim(3)),
                          Placement(params, sample));
            else
                image(planes, scale, shift, result, channels, pixels);
        }
    });
}

}  // namespace tern::prepare_images_passes
