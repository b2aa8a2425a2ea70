// What of a sample is another one, or nothing. For CPUs and devices.
#pragma once

#include "tern/kernels/prepare_images/augmentation_plan.hpp"

namespace tern {

/// Rows [top, bottom) and columns [left, right).
struct Rectangle {
    int top = 0, bottom = 0, left = 0, right = 0;

    TERN_HOST_DEVICE bool contains(int row, int column) const {
        return row >= top && row < bottom && column >= left && column < right;
    }
    TERN_HOST_DEVICE std::int64_t area() const { return std::int64_t{bottom - top} * (right - left); }
};

/// The first pixel of `result` along an axis whose middle lies at stored pixel `at` or behind.
TERN_HOST_DEVICE inline int first_from(std::int64_t at, int stored, int result) {
    // (2 i + 1) stored >= 2 result at
    const std::int64_t i = (2 * at * result + stored - 1) / (2 * std::int64_t{stored});
    return at <= 0 ? 0 : at >= stored ? result : static_cast<int>(i);
}

/// Of the result: the pixels whose middle is in the square that a sample loses.
TERN_HOST_DEVICE inline Rectangle cut_out(const AugmentationPlan& plan, std::int64_t sample) {
    if (plan.cutout == 0) return {};
    const Random4 bits = plan.draws(sample).block(1);
    const std::int64_t top = draw_below(bits.v[0], plan.height) - plan.cutout / 2,
                       left = draw_below(bits.v[1], plan.width) - plan.cutout / 2;
    return {first_from(top, plan.height, plan.result_height),
            first_from(top + plan.cutout, plan.height, plan.result_height),
            first_from(left, plan.width, plan.result_width),
            first_from(left + plan.cutout, plan.width, plan.result_width)};
}

/// The other sample, and what it is given: a share of each pixel, or a rectangle.
struct Mix {
    std::int64_t partner = -1;         // none: nothing is mixed
    std::int64_t share = kWholeShare;  // of the sample itself
    Rectangle rectangle;               // of the partner alone
    /// Of the target: the sample's part, of how many.
    std::int64_t own = 1, whole = 1;

    TERN_HOST_DEVICE Mix(const AugmentationPlan& plan, std::int64_t sample) {
        if (!plan.mixup && !plan.cutmix) return;
        const SampleDraws draws = plan.draws(sample);
        const bool cuts = plan.cutmix && (!plan.mixup || draws.block(2).v[3] >> 31 != 0);
        const Random4 bits = draws.block(3);
        partner = draw_below(bits.v[0], plan.partner_count);
        if (plan.partners != nullptr) partner = plan.partners[partner];
        if (partner < 0)
            partner = INT64_MAX;  // of no data, as one that is too large; below 0 stands for none
        const std::int64_t drawn = (cuts ? plan.cutmix_shares : plan.mixup_shares).share(bits.v[1]);
        if (cuts) {
            const std::int64_t side = root((kWholeShare - drawn) << 16);
            span(bits.v[2], plan.result_height, side, rectangle.top, rectangle.bottom);
            span(bits.v[3], plan.result_width, side, rectangle.left, rectangle.right);
            whole = std::int64_t{plan.result_height} * plan.result_width;
            own = whole - rectangle.area();
        } else {
            share = drawn < kWholeShare / 2 ? kWholeShare - drawn : drawn;
            whole = kWholeShare;
            own = share;
        }
    }

    TERN_HOST_DEVICE float mixed(float of_sample, float of_partner, int row, int column) const {
        if (rectangle.contains(row, column)) return of_partner;
        if (share == kWholeShare) return of_sample;
        return static_cast<float>(share) * 0x1p-16f * of_sample +
               static_cast<float>(kWholeShare - share) * 0x1p-16f * of_partner;
    }

  private:
    // Rounded down, of numbers up to 2^32.
    TERN_HOST_DEVICE static std::int64_t root(std::int64_t square) {
        std::int64_t result = 0;
        for (std::int64_t bit = kWholeShare; bit > 0; bit /= 2)
            if ((result + bit) * (result + bit) <= square) result += bit;
        return result;
    }
    // So much of the size as `side` is of kWholeShare, around a random pixel, as far as it is inside.
    TERN_HOST_DEVICE static void span(std::uint32_t bits, int size, std::int64_t side, int& begin, int& end) {
        const std::int64_t length = (size * side + kWholeShare / 2) >> 16,
                           first = draw_below(bits, size) - length / 2, last = first + length;
        begin = static_cast<int>(first < 0 ? 0 : first);
        end = static_cast<int>(last > size ? size : last);
    }
};

}  // namespace tern
