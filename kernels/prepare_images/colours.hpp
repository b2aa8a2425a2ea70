// What is done to the colours of one sample. For CPUs and devices.
#pragma once

#include "tern/kernels/prepare_images/augmentation_plan.hpp"

namespace tern {

/// Brightness, contrast, saturation and hue as one affine map, by the matrices of the W3C's Filter Effects Module
/// (brightness(), contrast(), saturate(), hue-rotate()). All but the sharpening of a channel by itself needs no other
/// pixel.
struct Colours {
    float sharpness = 0;       // v + sharpness * (8 v - its neighbours)
    float gain = 1, lift = 0;  // of grey, and of channels by themselves
    bool turned = false;       // whether the matrix is not the gain alone
    float matrix[3][3] = {};

    TERN_HOST_DEVICE Colours(const AugmentationPlan& plan, std::int64_t sample) {
        const SampleDraws draws = plan.draws(sample);
        const Random4 one = draws.block(1), two = draws.block(2);
        sharpness = plan.sharpen * draw_unit(one.v[2]) / 13;
        const float contrast = factor(plan.contrast, two.v[0]);
        gain = contrast * factor(plan.brightness, one.v[3]);
        lift = (1 - contrast) * 127.5f;
        turned = plan.saturation > 0 || plan.hue_limit > 0;
        if (turned)
            turn(factor(plan.saturation, two.v[1]), FixedAngle(draw_around(two.v[2], plan.hue_limit)));
    }

    /// One of any number of channels.
    TERN_HOST_DEVICE void apply(float (&v)[1]) const { v[0] = clamped(gain * v[0] + lift); }
    TERN_HOST_DEVICE void apply(float (&v)[3]) const {
        const float r = v[0], g = v[1], b = v[2];
        for (int i = 0; i < 3; ++i)
            v[i] = clamped((turned ? matrix[i][0] * r + matrix[i][1] * g + matrix[i][2] * b : gain * v[i]) +
                           lift);
    }

  private:
    TERN_HOST_DEVICE static float factor(float reach, std::uint32_t bits) {
        return 1 + reach * (2 * draw_unit(bits) - 1);
    }
    TERN_HOST_DEVICE static float clamped(float v) { return v < 0 ? 0 : v > 255 ? 255 : v; }

    // Grey, and what differs from it, longer by `saturation` and turned by the hue.
    TERN_HOST_DEVICE void turn(float saturation, const FixedAngle& hue) {
        constexpr float kGrey[3] = {0.213f, 0.715f, 0.072f};
        constexpr float kTurned[3][3] = {
            {-0.213f, -0.715f, 0.928f}, {0.143f, 0.140f, -0.283f}, {-0.787f, 0.715f, 0.072f}};
        const float cosine = saturation * static_cast<float>(hue.cosine) * 0x1p-30f,
                    sine = saturation * static_cast<float>(hue.sine) * 0x1p-30f;
        for (int i = 0; i < 3; ++i)
            for (int k = 0; k < 3; ++k)
                matrix[i][k] =
                    gain * (kGrey[k] + cosine * ((i == k ? 1.0f : 0.0f) - kGrey[k]) + sine * kTurned[i][k]);
    }
};

}  // namespace tern
