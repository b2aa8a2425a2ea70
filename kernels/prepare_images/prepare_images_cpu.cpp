#include <cstring>
#include <vector>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/prepare_images/placement.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"

namespace tern::prepare_images_passes {
namespace {

// scale and shift over so many pixels: then bytes and factors are read side by side, whatever the channels.
constexpr std::int64_t kPixels = 16;

class Factors {
  public:
    Factors(const Tensor& scale, const Tensor& shift) {
        for (std::int64_t pixel = 0; pixel < kPixels; ++pixel)
            for (std::int64_t c = 0; c < scale.numel(); ++c) {
                scale_.push_back(scale.data<float>()[c]);
                shift_.push_back(shift.data<float>()[c]);
            }
    }

    // Whole pixels: y = bytes * scale + shift.
    void apply(const std::uint8_t* bytes, std::int64_t count, float* y) const {
        const auto period = static_cast<std::int64_t>(scale_.size());
        const float *const scale = scale_.data(), *const shift = shift_.data();
        for (; count >= period; count -= period, bytes += period, y += period)
            for (std::int64_t i = 0; i < period; ++i)
                y[i] = static_cast<float>(bytes[i]) * scale[i] + shift[i];
        for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<float>(bytes[i]) * scale[i] + shift[i];
    }

  private:
    std::vector<float> scale_, shift_;
};

// Row `h` of the augmented image, 0 where it lies outside of the stored one.
void place_row(const std::uint8_t* image, int h, int height, int width, std::size_t channels,
               const Placement& place, std::uint8_t* row) {
    const int from = place.row(h);
    if (from < 0 || from >= height) {
        std::memset(row, 0, static_cast<std::size_t>(width) * channels);
        return;
    }
    for (int w = 0; w < width; ++w, row += channels) {
        const int column = place.column(w, width);
        if (column < 0 || column >= width)
            std::memset(row, 0, channels);
        else
            std::memcpy(row, image + (std::size_t{1} * from * width + column) * channels, channels);
    }
}

}  // namespace

void run(Cpu, const Images& pass, const Stream&) {
    const Tensor &images = pass.images, &samples = pass.samples, &y = pass.y;
    const Factors factors(pass.scale, pass.shift);
    const auto height = static_cast<int>(images.dim(1)), width = static_cast<int>(images.dim(2));
    const std::int64_t row_bytes = width * images.dim(3), image_bytes = height * row_bytes;
    parallel_for(samples.dim(0), 4, [&](std::int64_t begin, std::int64_t end) {
        std::vector<std::uint8_t> row(static_cast<std::size_t>(row_bytes));
        for (std::int64_t n = begin; n < end; ++n) {
            const std::int64_t sample = samples.dtype() == DType::int32 ? samples.data<std::int32_t>()[n]
                                                                        : samples.data<std::int64_t>()[n];
            const std::uint8_t* image = images.data<std::uint8_t>() + sample * image_bytes;
            float* result = y.data<float>() + n * image_bytes;
            if (!pass.params.augments()) {
                factors.apply(image, image_bytes, result);
                continue;
            }
            const Placement place(pass.params, sample);
            for (int h = 0; h < height; ++h, result += row_bytes) {
                place_row(image, h, height, width, static_cast<std::size_t>(images.dim(3)), place,
                          row.data());
                factors.apply(row.data(), row_bytes, result);
            }
        }
    });
}

}  // namespace tern::prepare_images_passes
