#include "tern/kernels/prepare_images/image_stages_cpu.hpp"

#include <algorithm>
#include <cstring>

namespace tern::prepare_images_passes {
namespace {

// Copies and means of pixels: loops over a number of channels that the compiler knows take a third of the time.
template <class F>
void with_channels(int channels, F function) {
    if (channels == 3)
        function(std::integral_constant<int, 3>{});
    else if (channels == 1)
        function(std::integral_constant<int, 1>{});
    else
        function(channels);
}

void move_image(const std::uint8_t* image, const Placement& place, Bytes& placed) {
    const AugmentationPlan& plan = place.plan;
    std::vector<int> columns(static_cast<std::size_t>(plan.width));
    for (int w = 0; w < plan.width; ++w) columns[static_cast<std::size_t>(w)] = place.column(w);
    with_channels(plan.channels, [&](auto channels) {
        std::uint8_t* to = placed.data();
        for (int h = 0; h < plan.height; ++h) {
            const int row = place.row(h);
            const std::uint8_t* from = image + std::size_t{1} * std::max(row, 0) * plan.width * channels;
            for (const int column : columns) {
                if (row < 0 || column < 0)
                    for (int c = 0; c < channels; ++c) to[c] = 0;
                else
                    for (int c = 0; c < channels; ++c) to[c] = from[std::size_t{1} * column * channels + c];
                to += channels;
            }
        }
    });
}

void turn_image(const std::uint8_t* image, const Placement& place, Bytes& placed) {
    const AugmentationPlan& plan = place.plan;
    with_channels(plan.channels, [&](auto channels) {
        const auto pixel = [&](int row, int column) {
            return image + (std::size_t{1} * row * plan.width + column) * channels;
        };
        std::uint8_t* to = placed.data();
        for (int h = 0; h < plan.height; ++h) {
            const int row = place.row(h);
            for (int w = 0; w < plan.width; ++w, to += channels) {
                const int column = place.column(w);
                if (row < 0 || column < 0) {
                    for (int c = 0; c < channels; ++c) to[c] = 0;
                    continue;
                }
                const BilinearTaps taps = place.taps(row, column);
                const std::uint8_t *const a = pixel(taps.top, taps.left),
                                          *const b = pixel(taps.top, taps.right),
                                          *const d = pixel(taps.bottom, taps.left),
                                          *const e = pixel(taps.bottom, taps.right);
                for (int c = 0; c < channels; ++c) to[c] = taps.mean(a[c], b[c], d[c], e[c]);
            }
        }
    });
}

}  // namespace

void place_image(const std::uint8_t* image, const Placement& place, Bytes& placed) {
    place.plan.angle_limit > 0 ? turn_image(image, place, placed) : move_image(image, place, placed);
}

void shrink_image(const Bytes& placed, const AugmentationPlan& plan, Bytes& result) {
    const std::int64_t area = std::int64_t{plan.height} * plan.width;
    std::uint8_t* to = result.data();
    for (int h = 0; h < plan.result_height; ++h) {
        const AreaTaps rows(h, plan.height, plan.result_height);
        for (int w = 0; w < plan.result_width; ++w) {
            const AreaTaps columns(w, plan.width, plan.result_width);
            for (int c = 0; c < plan.channels; ++c) {
                std::int64_t sum = 0;
                for (int i = rows.first(); i <= rows.last(); ++i) {
                    const std::uint8_t* const row =
                        placed.data() + std::size_t{1} * i * plan.width * plan.channels + c;
                    std::int64_t own = 0;
                    for (int j = columns.first(); j <= columns.last(); ++j)
                        own += columns.overlap(j) * row[std::size_t{1} * j * plan.channels];
                    sum += rows.overlap(i) * own;
                }
                *to++ = static_cast<std::uint8_t>((2 * sum + area) / (2 * area));
            }
        }
    }
}

namespace {

// The inner pixels of a row, whose neighbours are `width` pixels above and below.
void sharpen_row(const std::uint8_t* bytes, std::int64_t row_size, std::int64_t channels, float sharpness,
                 float* values) {
    const std::uint8_t *const above = bytes - row_size, *const below = bytes + row_size;
    for (std::int64_t i = channels; i < row_size - channels; ++i) {
        const std::int64_t before = i - channels, after = i + channels;
        const int sum = above[before] + above[i] + above[after] + bytes[before] + bytes[after] +
                        below[before] + below[i] + below[after];
        values[i] = static_cast<float>(bytes[i]) + sharpness * static_cast<float>(8 * bytes[i] - sum);
    }
}

}  // namespace

void colour_image(const Bytes& bytes, const AugmentationPlan& plan, const Colours& colours,
                  std::vector<float>& values) {
    std::ranges::copy(bytes, values.begin());
    const std::int64_t row_size = std::int64_t{plan.result_width} * plan.channels;
    if (plan.sharpen > 0)
        for (std::int64_t h = 1; h + 1 < plan.result_height; ++h)
            sharpen_row(bytes.data() + h * row_size, row_size, plan.channels, colours.sharpness,
                        values.data() + h * row_size);
    if (colours.turned) {
        for (auto at = values.begin(); at != values.end(); at += 3) {
            float pixel[3] = {at[0], at[1], at[2]};
            colours.apply(pixel);
            std::ranges::copy(pixel, at);
        }
    } else {
        for (float& value : values) {
            float one[1] = {value};
            colours.apply(one);
            value = one[0];
        }
    }
}

}  // namespace tern::prepare_images_passes
