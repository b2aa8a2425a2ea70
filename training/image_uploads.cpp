#include "tern/training/image_uploads.hpp"

#include "tern/core/memory/step_arena.hpp"

namespace tern {

ImageUploads::ImageUploads(Dataset data, Tensor partners, Device device)
    : data_(std::move(data)), partners_(std::move(partners)), copies_(device) {}

ImageUploads::Upload::Upload(Tensor images, Tensor samples, const Stream& copies)
    : copies_(copies), there_(copies.device), images_(std::move(images)), samples_(std::move(samples)) {
    there_.record(copies);
}

// Memory is freed in the order of the copies' stream: that has to come behind the work that read it.
ImageUploads::Upload::~Upload() {
    try {
        Event read(copies_.device);
        read.record(current_stream(copies_.device));
        read.hold(copies_);
    } catch (const Error&) {  // the device has failed: whoever waits for it is told
    }
}

const Tensor& ImageUploads::Upload::images() const {
    there_.hold(current_stream(copies_.device));
    return images_;
}

// Outside of a step's memory, whose order other threads would not keep.
std::shared_ptr<ImageUploads::Upload> ImageUploads::begin(const Tensor& samples,
                                                          const PrepareImagesParams& params) const {
    const StepArena::Outside outside;
    const Tensor images = gather_images(data_, samples, params, partners_);
    const StreamScope scope(copies_.get());
    const Device device = copies_.get().device;
    return std::make_shared<Upload>(images.to(device), samples.to(device), copies_.get());
}

}  // namespace tern
