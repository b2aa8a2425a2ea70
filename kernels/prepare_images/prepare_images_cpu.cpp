#include <algorithm>
#include <vector>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/prepare_images/image_stages_cpu.hpp"
#include "tern/kernels/prepare_images/mixing.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"

namespace tern::prepare_images_passes {
namespace {

// scale and shift over so many pixels: then numbers and factors are read side by side, whatever the channels.
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

    // Whole pixels: y = values * scale + shift.
    template <class T>
    void apply(const T* values, std::int64_t count, float* y) const {
        const auto period = static_cast<std::int64_t>(scale_.size());
        const float *const scale = scale_.data(), *const shift = shift_.data();
        for (; count >= period; count -= period, values += period, y += period)
            for (std::int64_t i = 0; i < period; ++i)
                y[i] = static_cast<float>(values[i]) * scale[i] + shift[i];
        for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<float>(values[i]) * scale[i] + shift[i];
    }

  private:
    std::vector<float> scale_, shift_;
};

// Images of a batch, one after the other, with memory for the stages between.
class Augmenter {
  public:
    Augmenter(const AugmentationPlan& plan, const Factors& factors, const std::uint8_t* images)
        : plan_(plan),
          factors_(factors),
          images_(images),
          stored_size_(std::size_t{1} * plan.height * plan.width * plan.channels),
          row_size_(std::size_t{1} * plan.result_width * plan.channels),
          size_(plan.result_height * row_size_),
          placed_(plan.only_copies() ? 0 : stored_size_),
          small_(plan.resizes() ? size_ : 0),
          values_(plan.colours ? size_ : 0),
          partner_(plan.mixup || plan.cutmix ? size_ : 0) {}

    // Of the image in row `place`, with what is mixed in in row `partner_place`, unless at its number.
    void write(std::int64_t place, std::int64_t partner_place, std::int64_t sample, float* y) {
        write_unmixed(place, sample, y);
        const Mix mix(plan_, sample);
        if (mix.partner < 0) return;
        write_unmixed(partner_place < 0 ? mix.partner : partner_place, mix.partner, partner_.data());
        for (int h = 0; h < plan_.result_height; ++h)
            for (int w = 0; w < plan_.result_width; ++w)
                for (int c = 0; c < plan_.channels; ++c) {
                    const std::size_t at = h * row_size_ + std::size_t{1} * w * plan_.channels + c;
                    y[at] = mix.mixed(y[at], partner_[at], h, w);
                }
    }

  private:
    void write_unmixed(std::int64_t place, std::int64_t sample, float* y) {
        const std::uint8_t* const image = images_ + place * stored_size_;
        const auto count = static_cast<std::int64_t>(size_);
        if (plan_.only_copies()) return factors_.apply(image, count, y);
        place_image(image, Placement(plan_, sample), placed_);
        if (plan_.resizes()) shrink_image(placed_, plan_, small_);
        const std::vector<std::uint8_t>& bytes = plan_.resizes() ? small_ : placed_;
        if (plan_.colours) {
            colour_image(bytes, plan_, Colours(plan_, sample), values_);
            factors_.apply(values_.data(), count, y);
        } else {
            factors_.apply(bytes.data(), count, y);
        }
        const Rectangle cut = cut_out(plan_, sample);
        for (int h = cut.top; h < cut.bottom; ++h)
            std::fill_n(y + h * row_size_ + std::size_t{1} * cut.left * plan_.channels,
                        std::max(cut.right - cut.left, 0) * plan_.channels, 0.0f);
    }

    const AugmentationPlan& plan_;
    const Factors& factors_;
    const std::uint8_t* images_;
    std::size_t stored_size_, row_size_, size_;  // in elements
    std::vector<std::uint8_t> placed_, small_;
    std::vector<float> values_, partner_;
};

}  // namespace

void run(Cpu, const Images& pass, const Stream&) {
    const Tensor &images = pass.images, &samples = pass.samples, &y = pass.y;
    if (y.numel() == 0) return;
    const Factors factors(pass.scale, pass.shift);
    const AugmentationPlan plan(pass.params, images.shape(), pass.partners);
    const std::int64_t size = y.numel() / y.dim(0), count = samples.dim(0);
    const bool gathered = pass.params.set_size > 0;
    parallel_for(count, 4, [&](std::int64_t begin, std::int64_t end) {
        Augmenter augmenter(plan, factors, images.data<std::uint8_t>());
        for (std::int64_t n = begin; n < end; ++n) {
            const std::int64_t sample = samples.dtype() == DType::int32 ? samples.data<std::int32_t>()[n]
                                                                        : samples.data<std::int64_t>()[n];
            augmenter.write(gathered ? n : sample, gathered ? count + n : -1, sample,
                            y.data<float>() + n * size);
        }
    });
}

}  // namespace tern::prepare_images_passes
