// Images of a set that the memory of a device does not hold.
#pragma once

#include <memory>

#include "tern/core/devices/event.hpp"
#include "tern/core/devices/stream_scope.hpp"
#include "tern/data/prepared_images.hpp"

namespace tern {

/// Gives a device the images of one batch after the other: read on the CPU by the thread that asks, copied by way of
/// page-locked memory on a stream of their own, beside the device's work. On the CPU nothing is copied.
class ImageUploads {
  public:
    /// `data`, `partners`: on the CPU.
    ImageUploads(Dataset data, Tensor partners, Device device);

    class Upload {
      public:
        Upload(Tensor images, Tensor samples, const Stream& copies);
        ~Upload();
        Upload(const Upload&) = delete;
        Upload& operator=(const Upload&) = delete;

        /// For work that the current stream of the device is given from now on, as long as the Upload lives.
        const Tensor& images() const;
        const Tensor& samples() const { return samples_; }

      private:
        Stream copies_;
        Event there_;
        Tensor images_, samples_;
    };

    /// Those of gather_images() for `samples` on the CPU, and these. From any thread.
    std::shared_ptr<Upload> begin(const Tensor& samples, const PrepareImagesParams& params) const;

  private:
    Dataset data_;
    Tensor partners_;
    OwnedStream copies_;
};

}  // namespace tern
