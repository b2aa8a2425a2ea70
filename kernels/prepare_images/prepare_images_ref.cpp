#include "tern/core/random.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"

namespace tern::prepare_images_passes {
namespace {

std::int64_t sample_at(const Tensor& samples, std::int64_t n) {
    return samples.dtype() == DType::int32 ? samples.data<std::int32_t>()[n]
                                           : samples.data<std::int64_t>()[n];
}

// The byte at (h, w) of the augmented image: a plain transcription of the rule in the header.
std::uint8_t pixel(const std::uint8_t* plane, std::int64_t h, std::int64_t w, std::int64_t height,
                   std::int64_t width, const PrepareImagesParams& params, std::int64_t sample) {
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
    return h < 0 || h >= height || w < 0 || w >= width ? std::uint8_t{0} : plane[h * width + w];
}

}  // namespace

void run(Ref, const Images& pass, const Stream&) {
    const Tensor &images = pass.images, &samples = pass.samples, &scale = pass.scale, &shift = pass.shift,
                 &y = pass.y;
    const std::int64_t channels = images.dim(1), height = images.dim(2), width = images.dim(3);
    visit_floating(y.dtype(), [&]<class T>() {
        visit_floating(scale.dtype(), [&]<class S>() {
            visit_floating(shift.dtype(), [&]<class U>() {
                using Real = Compute<T>;
                for (std::int64_t n = 0; n < samples.dim(0); ++n)
                    for (std::int64_t h = 0; h < height; ++h)
                        for (std::int64_t w = 0; w < width; ++w)
                            for (std::int64_t c = 0; c < channels; ++c) {
                                const std::int64_t sample = sample_at(samples, n);
                                const std::uint8_t* plane =
                                    images.data<std::uint8_t>() + (sample * channels + c) * height * width;
                                const std::uint8_t byte =
                                    pixel(plane, h, w, height, width, pass.params, sample);
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

void run(Ref, const Labels& pass, const Stream&) {
    const Tensor &labels = pass.labels, &samples = pass.samples, &y = pass.y;
    for (std::int64_t n = 0; n < samples.dim(0); ++n) {
        y.data<std::int32_t>()[n] = labels.data<std::int32_t>()[sample_at(samples, n)];
    }
}

}  // namespace tern::prepare_images_passes
