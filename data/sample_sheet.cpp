#include "tern/data/sample_sheet.hpp"

#include <algorithm>
#include <cmath>

#include "tern/core/error.hpp"
#include "tern/data/letters.hpp"
#include "tern/data/prepared_images.hpp"

namespace tern {
namespace {

constexpr std::int64_t kGap = 4;                             // white between images
constexpr std::int64_t kLetterWidth = 6, kLetterHeight = 7;  // pixels, one of them between letters
constexpr std::int64_t kLetterZoom = 2;
constexpr std::size_t kMostLetters = 16;

// Letters as a reader counts them: a sequence of UTF-8 is one, drawn as its first byte.
std::string letters_of(const std::string& name) {
    std::string letters;
    for (const char c : name) {
        if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) letters += c;
    }
    return letters.substr(0, kMostLetters);
}

class Sheet {
  public:
    Sheet(std::int64_t height, std::int64_t width)
        : pixels_(Tensor::full({height, width, 3}, 255, DType::uint8)), width_(width) {}

    // A square of one colour.
    void fill(std::int64_t top, std::int64_t left, std::int64_t side,
              const std::array<std::uint8_t, 3>& colour) {
        for (std::int64_t y = top; y < top + side; ++y)
            for (std::int64_t x = left; x < left + side; ++x)
                std::ranges::copy(colour, pixels_.data<std::uint8_t>() + (y * width_ + x) * 3);
    }

    void write(const std::string& letters, std::int64_t top, std::int64_t left) {
        for (const char c : letters) {
            const Letter& letter = letter_for(c);
            for (std::int64_t y = 0; y < kLetterHeight; ++y)
                for (std::int64_t x = 0; x < 5; ++x) {
                    if ((letter[static_cast<std::size_t>(y)] >> (4 - x) & 1) != 0)
                        fill(top + y * kLetterZoom, left + x * kLetterZoom, kLetterZoom, {});
                }
            left += kLetterWidth * kLetterZoom;
        }
    }

    // image: (H, W, C) of 1 channel, grey, or of 3
    void draw(const Tensor& image, std::int64_t zoom, std::int64_t top, std::int64_t left) {
        const std::uint8_t* from = image.data<std::uint8_t>();
        const std::int64_t channels = image.dim(2), last = channels - 1;
        for (std::int64_t y = 0; y < image.dim(0); ++y)
            for (std::int64_t x = 0; x < image.dim(1); ++x, from += channels)
                fill(top + y * zoom, left + x * zoom, zoom, {from[0], from[last / 2], from[last]});
    }

    const Tensor& pixels() const { return pixels_; }

  private:
    Tensor pixels_;
    std::int64_t width_;
};

// The first samples of each class.
std::vector<std::vector<std::int64_t>> first_samples(const Dataset& dataset, std::int64_t most) {
    std::vector<std::vector<std::int64_t>> samples(dataset.classes.size());
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const std::int32_t label = dataset.targets.data<std::int32_t>()[i];
        auto& own = samples[static_cast<std::size_t>(label)];
        if (static_cast<std::int64_t>(own.size()) < most) own.push_back(i);
    }
    return samples;
}

// (H, W, C) bytes of one sample.
Tensor image_of(const Dataset& dataset, std::int64_t sample, const PrepareImagesParams& augmentation) {
    const Shape shape = dataset.sample_shape();
    const Tensor values =
        prepared_images(dataset, Tensor::full({1}, static_cast<double>(sample), DType::int64),
                        Tensor::full({shape[2]}, 1), Tensor::zeros({shape[2]}), DType::float32, augmentation);
    const Tensor image = Tensor::empty(values.shape(), DType::uint8);
    std::ranges::transform(values.elements<float>(), image.data<std::uint8_t>(),
                           [](float value) { return static_cast<std::uint8_t>(std::lround(value)); });
    return image.reshape({values.dim(1), values.dim(2), shape[2]});
}

}  // namespace

Tensor sample_sheet(const Dataset& dataset, const SampleSheetOptions& options) {
    TERN_CHECK(options.columns >= 1 && options.columns <= 100 && options.zoom >= 1 && options.zoom <= 8,
               "sample_sheet", "takes 1 to 100 columns and a zoom of 1 to 8, got ", options.columns, " and ",
               options.zoom);
    check_labelled_images("sample_sheet", dataset);
    const Shape image = dataset.sample_shape();
    TERN_CHECK(image[2] == 1 || image[2] == 3, "sample_sheet", "takes images of 1 or 3 channels, got ",
               image);
    std::size_t longest = 0;
    for (const std::string& name : dataset.classes) longest = std::max(longest, letters_of(name).size());
    const std::int64_t label_width =
        static_cast<std::int64_t>(longest) * kLetterWidth * kLetterZoom + 2 * kGap;
    // A row holds its label, however small the images are.
    const std::int64_t height = std::max(image[0] * options.zoom, kLetterHeight * kLetterZoom),
                       width = image[1] * options.zoom;
    Sheet sheet(dataset.class_count() * (height + kGap) + kGap,
                label_width + options.columns * (width + kGap));

    const std::vector<std::vector<std::int64_t>> samples = first_samples(dataset, options.columns);
    std::int64_t top = kGap;
    for (std::size_t k = 0; k < samples.size(); ++k, top += height + kGap) {
        sheet.write(letters_of(dataset.classes[k]), top + (height - kLetterHeight * kLetterZoom) / 2, kGap);
        std::int64_t left = label_width;
        for (const std::int64_t sample : samples[k]) {
            sheet.draw(image_of(dataset, sample, options.augmentation), options.zoom, top, left);
            left += width + kGap;
        }
    }
    return sheet.pixels();
}

}  // namespace tern
