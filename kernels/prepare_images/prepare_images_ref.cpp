#include <algorithm>
#include <cmath>
#include <optional>

#include "tern/core/random.hpp"
#include "tern/kernels/prepare_images/mix_quantiles.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"

// A plain transcription of docs/augmentation.md, pixel by pixel.
namespace tern::prepare_images_passes {
namespace {

using Whole = std::int64_t;

Whole number_at(const Tensor& samples, Whole n) {
    return samples.dtype() == DType::int32 ? samples.data<std::int32_t>()[n]
                                           : samples.data<std::int64_t>()[n];
}

// Rounded down.
Whole quotient(Whole a, Whole b) { return a / b - (a % b < 0 ? 1 : 0); }

Whole mirrored_into(Whole i, Whole count) {
    while (i < 0 || i >= count) i = count == 1 ? 0 : i < 0 ? -i : 2 * (count - 1) - i;
    return i;
}

// Draw i of a sample.
class Draws {
  public:
    Draws(const PrepareImagesParams& params, Whole sample) : params_(params), sample_(sample) {}

    std::uint64_t bits(Whole i, std::uint32_t epoch) const {
        const RandomStream stream{params_.seed, RandomPurpose::augment, epoch};
        const Whole block = i / 4 * (Whole{1} << 48) + sample_;
        return stream.bits32(4 * static_cast<std::uint64_t>(block) + static_cast<std::uint64_t>(i % 4));
    }
    std::uint64_t bits(Whole i) const { return bits(i, params_.epoch); }
    Whole below(Whole i, Whole count) const {
        return static_cast<Whole>(bits(i) * static_cast<std::uint64_t>(count) / (std::uint64_t{1} << 32));
    }
    Whole around(Whole i, Whole limit) const { return below(i, 2 * limit + 1) - limit; }
    double unit(Whole i) const { return static_cast<double>(bits(i) / 256) / (1 << 24); }

  private:
    const PrepareImagesParams& params_;
    Whole sample_;
};

// In units of 2^-30; angle: of 2^24.
struct Turn {
    Whole sine, cosine;

    explicit Turn(Whole angle) {
        const Whole one = Whole{1} << 30, quarter = Whole{1} << 22;
        const Whole quarters = quotient(2 * angle + quarter, 2 * quarter);
        const Whole x = quotient((angle - quarters * quarter) * 6746518852, Whole{1} << 24);
        const Whole xx = quotient(x * x, one);
        Whole odd = one, even = one;
        for (const Whole divisor : {42, 20, 6}) odd = one - quotient(xx * odd, one) / divisor;
        for (const Whole divisor : {56, 30, 12, 2}) even = one - quotient(xx * even, one) / divisor;
        sine = quotient(x * odd, one);
        cosine = even;
        for (Whole i = 0; i < (quarters + 4) % 4; ++i) {
            const Whole former = sine;
            sine = cosine;
            cosine = -former;
        }
    }
};

Whole in_turns(double part) { return std::llround(part * (1 << 24)); }

template <class Real>
class Augmented {
  public:
    // Of the image in row `place`.
    Augmented(const Tensor& images, Whole place, Whole sample, const PrepareImagesParams& params)
        : params_(params),
          height_(images.dim(1)),
          width_(images.dim(2)),
          channels_(images.dim(3)),
          rows_(params.height > 0 ? params.height : height_),
          columns_(params.width > 0 ? params.width : width_),
          bytes_(images.data<std::uint8_t>() + place * height_ * width_ * channels_),
          draws_(params, sample),
          turn_(draws_.around(3, in_turns(params.rotate / 360))) {}

    // The augmented image before scale and shift.
    Real value(Whole h, Whole w, Whole c) const {
        Real pixel[3] = {};
        const bool coloured = params_.saturation > 0 || params_.hue > 0;
        for (Whole k = 0; k < (coloured ? 3 : 1); ++k) pixel[k] = sharpened(h, w, coloured ? k : c);
        if (!params_.colours()) return pixel[0];
        const Real contrast = factor(params_.contrast, 8), gain = contrast * factor(params_.brightness, 7);
        for (Real& v : pixel) v = gain * v + (1 - contrast) * Real{127.5};
        Real v = pixel[0];
        if (coloured) {
            const Real turned[3][3] = {{Real(-0.213), Real(-0.715), Real(0.928)},
                                       {Real(0.143), Real(0.140), Real(-0.283)},
                                       {Real(-0.787), Real(0.715), Real(0.072)}};
            const Turn hue(draws_.around(10, in_turns(params_.hue)));
            const Real saturation = factor(params_.saturation, 9), one = Whole{1} << 30;
            const Real sine = static_cast<Real>(hue.sine) / one, cosine = static_cast<Real>(hue.cosine) / one;
            const Real grey = Real(0.213) * pixel[0] + Real(0.715) * pixel[1] + Real(0.072) * pixel[2];
            Real across = 0;
            for (int k = 0; k < 3; ++k) across += turned[c][k] * pixel[k];
            v = grey + saturation * (cosine * (pixel[c] - grey) + sine * across);
        }
        return v < 0 ? 0 : v > 255 ? 255 : v;
    }

    bool is_cut(Whole h, Whole w) const {
        if (params_.cutout == 0) return false;
        const auto inside = [&](Whole i, Whole result, Whole stored, Whole draw) {
            const Whole at = (2 * i + 1) * stored / (2 * result),  // the stored pixel in its middle
                first = draws_.below(draw, stored) - params_.cutout / 2;
            // A middle on the border between two belongs to the lower right one.
            return at >= first && at < first + params_.cutout;
        };
        return inside(h, rows_, height_, 4) && inside(w, columns_, width_, 5);
    }

  private:
    Real factor(double reach, Whole draw) const {
        return 1 + static_cast<Real>(reach) * static_cast<Real>(2 * draws_.unit(draw) - 1);
    }

    Real sharpened(Whole h, Whole w, Whole c) const {
        const Whole own = byte(h, w, c);
        const bool at_border = h == 0 || w == 0 || h == rows_ - 1 || w == columns_ - 1;
        if (params_.sharpen == 0 || at_border) return static_cast<Real>(own);
        Whole difference = 9 * own;
        for (Whole i = h - 1; i <= h + 1; ++i)
            for (Whole j = w - 1; j <= w + 1; ++j) difference -= byte(i, j, c);
        const Real strength = static_cast<Real>(params_.sharpen) * static_cast<Real>(draws_.unit(6)) / 13;
        return static_cast<Real>(own) + strength * static_cast<Real>(difference);
    }

    // Means over areas, rounded half up.
    Whole byte(Whole h, Whole w, Whole c) const {
        if (rows_ == height_ && columns_ == width_) return cropped(h, w, c);
        const auto overlap = [](Whole i, Whole stored, Whole j, Whole result) {
            return std::min((i + 1) * stored, (j + 1) * result) - std::max(i * stored, j * result);
        };
        Whole sum = 0;
        for (Whole i = 0; i < height_; ++i)
            for (Whole j = 0; j < width_; ++j) {
                const Whole rows = overlap(h, height_, i, rows_), columns = overlap(w, width_, j, columns_);
                if (rows > 0 && columns > 0) sum += rows * columns * cropped(i, j, c);
            }
        const Whole area = height_ * width_;
        return (2 * sum + area) / (2 * area);
    }

    Whole cropped(Whole h, Whole w, Whole c) const {
        if (params_.flip) {
            const bool first = draws_.bits(2, params_.alternate ? 0 : params_.epoch) >= std::uint64_t{1}
                                                                                            << 31;
            if (params_.alternate && params_.epoch % 2 == 1 ? !first : first) w = width_ - 1 - w;
        }
        h += draws_.around(0, params_.crop_padding);
        w += draws_.around(1, params_.crop_padding);
        if (params_.crop_border == CropBorder::edge) {
            h = std::clamp<Whole>(h, 0, height_ - 1);
            w = std::clamp<Whole>(w, 0, width_ - 1);
        } else if (params_.crop_border == CropBorder::reflect) {
            h = mirrored_into(h, height_);
            w = mirrored_into(w, width_);
        } else if (h < 0 || h >= height_ || w < 0 || w >= width_) {
            return 0;
        }
        return turned(h, w, c);
    }

    // Bilinear between pixels, at multiples of 2^-11.
    Whole turned(Whole h, Whole w, Whole c) const {
        if (params_.rotate == 0) return stored(h, w, c);
        const Whole one = Whole{1} << 30, x = 2 * w - (width_ - 1), y = 2 * h - (height_ - 1);
        const auto rounded = [](Whole v) { return quotient(v + (1 << 19), 1 << 20); };
        const Whole across = rounded((width_ - 1) * one + turn_.cosine * x + turn_.sine * y),
                    down = rounded((height_ - 1) * one - turn_.sine * x + turn_.cosine * y);
        const Whole left = quotient(across, 2048), top = quotient(down, 2048),
                    right_part = across - 2048 * left, bottom_part = down - 2048 * top;
        Whole sum = 0;
        for (const Whole i : {0, 1})
            for (const Whole j : {0, 1})
                sum += (i == 1 ? bottom_part : 2048 - bottom_part) *
                       (j == 1 ? right_part : 2048 - right_part) *
                       stored(mirrored_into(top + i, height_), mirrored_into(left + j, width_), c);
        return (sum + 2048 * 1024) / (2048 * 2048);
    }

    Whole stored(Whole h, Whole w, Whole c) const { return bytes_[(h * width_ + w) * channels_ + c]; }

    const PrepareImagesParams& params_;
    Whole height_, width_, channels_, rows_, columns_;
    const std::uint8_t* bytes_;
    Draws draws_;
    Turn turn_;
};

struct Mixture {
    Whole partner = 0, share = 65536;  // the sample's, of 65536
    Whole top = 0, bottom = 0, left = 0, right = 0;

    Mixture(const PrepareImagesParams& params, Whole sample, Whole count, const Tensor& partners,
            Whole height, Whole width) {
        const Draws draws(params, sample);
        const bool cuts =
            params.cutmix > 0 && (params.mixup == 0 || draws.bits(11) >= std::uint64_t{1} << 31);
        partner = draws.below(12, partners.defined() ? partners.numel() : count);
        if (partners.defined()) partner = partners.data<std::int32_t>()[partner];
        const MixQuantiles& table = mix_quantiles(cuts ? params.cutmix : params.mixup);
        const auto bits = static_cast<Whole>(draws.bits(13));
        const Whole i = bits / (1 << 24), part = bits / 256 % 65536;
        const Whole low = table.values[i], high = i == 255 ? 65536 : table.values[i + 1];
        const Whole drawn = low + (high - low) * part / 65536;
        if (!cuts) {
            share = std::max(drawn, 65536 - drawn);
            return;
        }
        const auto side = static_cast<Whole>(std::sqrt(65536.0 * static_cast<double>(65536 - drawn)));
        const Whole tall = (2 * height * side + 65536) / 131072, wide = (2 * width * side + 65536) / 131072;
        const Whole y = draws.below(14, height) - tall / 2, x = draws.below(15, width) - wide / 2;
        top = std::max<Whole>(y, 0);
        bottom = std::min(y + tall, height);
        left = std::max<Whole>(x, 0);
        right = std::min(x + wide, width);
    }

    bool replaces(Whole h, Whole w) const { return h >= top && h < bottom && w >= left && w < right; }
};

}  // namespace

void run(Ref, const Images& pass, const Stream&) {
    const Tensor &images = pass.images, &y = pass.y;
    const Whole height = y.dim(1), width = y.dim(2), channels = y.dim(3), set_size = pass.params.set_size;
    visit_floating(y.dtype(), [&]<class T>() {
        visit_floating(pass.scale.dtype(), [&]<class S>() {
            visit_floating(pass.shift.dtype(), [&]<class U>() {
                using Real = Compute<T>;
                const auto prepared = [&](const Augmented<Real>& image, Whole h, Whole w, Whole c) {
                    if (image.is_cut(h, w)) return Real{0};
                    return image.value(h, w, c) * static_cast<Real>(pass.scale.data<S>()[c]) +
                           static_cast<Real>(pass.shift.data<U>()[c]);
                };
                for (Whole n = 0; n < y.dim(0); ++n) {
                    const Whole sample = number_at(pass.samples, n);
                    const Augmented<Real> own(images, set_size > 0 ? n : sample, sample, pass.params);
                    std::optional<Mixture> mix;
                    std::optional<Augmented<Real>> other;
                    if (pass.params.mixes()) {
                        mix.emplace(pass.params, sample, set_size > 0 ? set_size : images.dim(0),
                                    pass.partners, height, width);
                        other.emplace(images, set_size > 0 ? y.dim(0) + n : mix->partner, mix->partner,
                                      pass.params);
                    }
                    for (Whole h = 0; h < height; ++h)
                        for (Whole w = 0; w < width; ++w)
                            for (Whole c = 0; c < channels; ++c) {
                                Real value = 0;
                                if (mix && mix->replaces(h, w)) {
                                    value = prepared(*other, h, w, c);
                                } else {
                                    value = prepared(own, h, w, c);
                                    if (mix && mix->share < 65536)
                                        value = static_cast<Real>(mix->share) / 65536 * value +
                                                static_cast<Real>(65536 - mix->share) / 65536 *
                                                    prepared(*other, h, w, c);
                                }
                                y.data<T>()[((n * height + h) * width + w) * channels + c] =
                                    static_cast<T>(value);
                            }
                }
            });
        });
    });
}

void run(Ref, const Targets& pass, const Stream&) {
    const PrepareImagesParams& params = pass.params.images;
    const Whole height = params.height > 0 ? params.height : pass.params.height,
                width = params.width > 0 ? params.width : pass.params.width, classes = pass.y.dim(1);
    visit_floating(pass.y.dtype(), [&]<class T>() {
        using Real = Compute<T>;
        for (Whole n = 0; n < pass.y.dim(0); ++n) {
            const Whole sample = number_at(pass.samples, n);
            Real own = 1;
            Whole partner = sample;
            if (params.mixes()) {
                const Mixture mix(params, sample, pass.labels.dim(0), pass.partners, height, width);
                const Whole area = (mix.bottom - mix.top) * (mix.right - mix.left);
                partner = mix.partner;
                own = static_cast<Real>(mix.share) / 65536;
                if (mix.share == 65536)
                    own = static_cast<Real>(height * width - area) / static_cast<Real>(height * width);
            }
            for (Whole k = 0; k < classes; ++k) {
                Real value = 0;
                if (pass.labels.data<std::int32_t>()[sample] == k) value += own;
                if (pass.labels.data<std::int32_t>()[partner] == k) value += 1 - own;
                pass.y.data<T>()[n * classes + k] = static_cast<T>(value);
            }
        }
    });
}

}  // namespace tern::prepare_images_passes
