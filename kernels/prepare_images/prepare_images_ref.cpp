#include "tern/core/random.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"

namespace tern::prepare_images_passes {
namespace {

std::int64_t sample_at(const Tensor& samples, std::int64_t n) {
    return samples.dtype() == DType::int32 ? samples.data<std::int32_t>()[n]
                                           : samples.data<std::int64_t>()[n];
}

// The byte at (h, w, c) of the augmented image: a plain transcription of the rule in the header.
std::uint8_t byte_at(const Tensor& images, std::int64_t sample, std::int64_t h, std::int64_t w,
                     std::int64_t c, const PrepareImagesParams& params) {
    const std::int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
    const RandomStream stream{params.seed, RandomPurpose::augment, params.epoch};
    const auto draw = [&](std::uint64_t i) {
        return std::uint64_t{stream.bits32(4 * static_cast<std::uint64_t>(sample) + i)};
    };
    const auto moved = [&](std::uint64_t i) {
        const auto places = static_cast<std::uint64_t>(2 * params.crop_padding + 1);
        return static_cast<std::int64_t>(draw(i) * places / (std::uint64_t{1} << 32)) - params.crop_padding;
    };
    if (params.flip && draw(2) >= std::uint64_t{1} << 31) w = width - 1 - w;
    h += moved(0);
    w += moved(1);
    if (h < 0 || h >= height || w < 0 || w >= width) return 0;
    return images.data<std::uint8_t>()[((sample * height + h) * width + w) * channels + c];
}

}  // namespace

void run(Ref, const Images& pass, const Stream&) {
    const Tensor &images = pass.images, &samples = pass.samples, &scale = pass.scale, &shift = pass.shift,
                 &y = pass.y;
    const std::int64_t height = images.dim(1), width = images.dim(2), channels = images.dim(3);
    visit_floating(y.dtype(), [&]<class T>() {
        visit_floating(scale.dtype(), [&]<class S>() {
            visit_floating(shift.dtype(), [&]<class U>() {
                using Real = Compute<T>;
                for (std::int64_t n = 0; n < samples.dim(0); ++n)
                    for (std::int64_t h = 0; h < height; ++h)
                        for (std::int64_t w = 0; w < width; ++w)
                            for (std::int64_t c = 0; c < channels; ++c) {
                                const std::uint8_t byte =
                                    byte_at(images, sample_at(samples, n), h, w, c, pass.params);
                                const Real value =
                                    static_cast<Real>(byte) * static_cast<Real>(scale.data<S>()[c]) +
                                    static_cast<Real>(shift.data<U>()[c]);
                                y.data<T>()[((n * height + h) * width + w) * channels + c] =
                                    static_cast<T>(value);
                            }
            });
        });
    });
}

}  // namespace tern::prepare_images_passes
