// The images that a command line names, read by threads while the network has those before.
#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "tern/apps/image_names.hpp"
#include "tern/apps/interrupt.hpp"
#include "tern/core/threads/made_ahead.hpp"

namespace tern::apps {

/// An image, small as the network takes it, or why there is none.
struct ReadImage {
    std::string name;
    Tensor pixels = {};
    std::optional<Error> failure = {};
};

class ImageStream {
  public:
    struct Options {
        std::int64_t size;      // height and width of the images
        int workers = 0;        // threads that read; without any, next() does
        std::size_t ahead = 1;  // images that they have ready at most
        std::size_t names = 0;  // names that are looked at before the first image is read
    };

    /// Words and list as of ImageNames. A signal that comes ends the images.
    ImageStream(const std::vector<std::string>& words, const Flag& list, const SignalWatch& signals,
                const Options& options);
    ~ImageStream();
    ImageStream(const ImageStream&) = delete;
    ImageStream& operator=(const ImageStream&) = delete;

    /// In the order of the names; nothing after the last one.
    std::optional<ReadImage> next() { return images_.take(); }
    /// The first names, as many as were asked for.
    const std::deque<ImageName>& first_names() const { return first_names_; }
    /// As ImageNames has them; for use after the last image.
    std::size_t other_files() const { return names_.other_files(); }

  private:
    std::optional<ImageName> next_name();
    ReadImage read(const ImageName& name) const;
    bool is_over() const { return ends_ || signals_.signal() != 0; }

    const SignalWatch& signals_;
    const std::int64_t size_;
    std::atomic<bool> ends_ = false;
    ImageNames names_;
    std::deque<ImageName> first_names_;
    std::size_t taken_names_ = 0;
    MadeAhead<ImageName, ReadImage> images_;
};

}  // namespace tern::apps
