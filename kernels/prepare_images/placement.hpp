// Where the pixels of an augmented image lie in the stored one. For CPUs and devices.
#pragma once

#include "tern/kernels/prepare_images/augmentation_plan.hpp"

namespace tern {

/// `i` brought into [0, count), by mirrors at the first and the last.
TERN_HOST_DEVICE inline int reflected(int i, int count) {
    if (i >= 0 && i < count) return i;
    if (count == 1) return 0;
    const int period = 2 * (count - 1);
    i %= period;
    if (i < 0) i += period;
    return i < count ? i : period - i;
}

/// Four pixels and their weights: 2^11 make a whole along each axis.
struct BilinearTaps {
    int top, bottom, left, right;  // rows and columns
    std::uint32_t from_bottom, from_right;
    static constexpr int kBits = 11;
    static constexpr std::uint32_t kOne = 1u << kBits;

    /// x, y: in units of 2^-31 of a pixel
    TERN_HOST_DEVICE BilinearTaps(std::int64_t x, std::int64_t y, int height, int width) {
        x = (x + (std::int64_t{1} << 19)) >> 20;
        y = (y + (std::int64_t{1} << 19)) >> 20;
        const auto row = static_cast<int>(y >> kBits), column = static_cast<int>(x >> kBits);
        top = reflected(row, height);
        bottom = reflected(row + 1, height);
        left = reflected(column, width);
        right = reflected(column + 1, width);
        from_bottom = static_cast<std::uint32_t>(y & (kOne - 1));
        from_right = static_cast<std::uint32_t>(x & (kOne - 1));
    }

    // 8 bits of a byte and 11 of each weight stay below 32.
    TERN_HOST_DEVICE std::uint8_t mean(std::uint32_t top_left, std::uint32_t top_right,
                                       std::uint32_t bottom_left, std::uint32_t bottom_right) const {
        const std::uint32_t upper = top_left * (kOne - from_right) + top_right * from_right,
                            lower = bottom_left * (kOne - from_right) + bottom_right * from_right;
        const std::uint32_t sum = upper * (kOne - from_bottom) + lower * from_bottom;
        return static_cast<std::uint8_t>((sum + (1u << (2 * kBits - 1))) >> (2 * kBits));
    }
};

/// The turn, the crop and the mirror of one sample. A pixel of what they give comes from row(h) and column(w) of the
/// turned image, which are -1 where it is black.
struct Placement {
    const AugmentationPlan& plan;
    int down, right;
    bool mirrored;
    FixedAngle angle;

    TERN_HOST_DEVICE Placement(const AugmentationPlan& all, std::int64_t sample) : plan(all) {
        const Random4 bits = plan.draws(sample).block(0);
        down = static_cast<int>(draw_around(bits.v[0], plan.crop_padding));
        right = static_cast<int>(draw_around(bits.v[1], plan.crop_padding));
        std::uint32_t first = bits.v[2];
        if (plan.alternate) first = SampleDraws(plan.seed, 0, sample).block(0).v[2];
        mirrored = plan.flip && (first >> 31 != 0) != (plan.alternate && plan.epoch % 2 != 0);
        if (plan.angle_limit > 0) angle = FixedAngle(draw_around(bits.v[3], plan.angle_limit));
    }

    TERN_HOST_DEVICE int row(int h) const { return inside(h + down, plan.height); }
    TERN_HOST_DEVICE int column(int w) const {
        return inside((mirrored ? plan.width - 1 - w : w) + right, plan.width);
    }
    /// Around a pixel of the turned image.
    TERN_HOST_DEVICE BilinearTaps taps(int row, int column) const {
        const std::int64_t from_middle_x = 2 * std::int64_t{column} - (plan.width - 1),
                           from_middle_y = 2 * std::int64_t{row} - (plan.height - 1);
        const std::int64_t x = (plan.width - 1) * FixedAngle::kOne + angle.cosine * from_middle_x +
                               angle.sine * from_middle_y,
                           y = (plan.height - 1) * FixedAngle::kOne - angle.sine * from_middle_x +
                               angle.cosine * from_middle_y;
        return {x, y, plan.height, plan.width};
    }

  private:
    TERN_HOST_DEVICE int inside(int i, int count) const {
        if (i >= 0 && i < count) return i;
        if (plan.crop_border == CropBorder::black) return -1;
        if (plan.crop_border == CropBorder::reflect) return reflected(i, count);
        return i < 0 ? 0 : count - 1;
    }
};

/// Pixel `i` of `result` along an axis is made of pixels [first, last] of `stored` by their shares, which are
/// overlap() / stored.
struct AreaTaps {
    std::int64_t begin, end, result;  // in units of 1 / result of a stored pixel

    TERN_HOST_DEVICE AreaTaps(int i, int stored, int wanted)
        : begin(std::int64_t{i} * stored), end(begin + stored), result(wanted) {}

    TERN_HOST_DEVICE int first() const { return static_cast<int>(begin / result); }
    TERN_HOST_DEVICE int last() const { return static_cast<int>((end - 1) / result); }
    TERN_HOST_DEVICE std::int64_t overlap(int pixel) const {
        const std::int64_t low = pixel * result, high = low + result;
        return (high < end ? high : end) - (low > begin ? low : begin);
    }
};

}  // namespace tern
