#include "tern/apps/image_stream.hpp"

#include "tern/apps/console.hpp"
#include "tern/data/image.hpp"

namespace tern::apps {

ImageStream::ImageStream(const std::vector<std::string>& words, const Flag& list, const SignalWatch& signals,
                         const Options& options)
    : signals_(signals),
      size_(options.size),
      names_(
          words, list, [this] { return is_over(); }, [](const std::string& note) { warn(note); }),
      images_(options.workers, options.ahead, [this](const ImageName& name) { return read(name); }) {
    while (first_names_.size() < options.names) {
        std::optional<ImageName> name = names_.next();
        if (!name) break;
        first_names_.push_back(std::move(*name));
    }
    images_.start([this] { return next_name(); });
}

// A thread that waits for a name need not wait any longer.
ImageStream::~ImageStream() { ends_ = true; }

std::optional<ImageName> ImageStream::next_name() {
    if (is_over()) return {};
    return taken_names_ < first_names_.size() ? first_names_[taken_names_++] : names_.next();
}

ReadImage ImageStream::read(const ImageName& name) const {
    ReadImage image{.name = name.name, .failure = name.failure};
    if (name.failure) return image;
    try {
        const Tensor pixels = name.name == kStandardInput ? read_standard_input([this] { return is_over(); })
                                                          : read_image(name.name);
        image.pixels = fit_image(pixels, size_);
    } catch (const Error& error) {
        image.failure = error;
    }
    return image;
}

}  // namespace tern::apps
