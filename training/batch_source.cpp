#include "tern/training/batch_source.hpp"

namespace tern {

BatchSource::BatchSource(const Dataset& dataset, const Normalization& normalization, DType precision,
                         Device device)
    : data_(dataset.to(device)),
      precision_(precision),
      scale_(normalization.scale_tensor(precision, device)),
      shift_(normalization.shift_tensor(precision, device)) {}

Batch BatchSource::batch(const Tensor& samples, const PrepareImagesParams& augmentation) const {
    return {prepare_images(data_.images, samples, scale_, shift_, precision_, augmentation),
            gather_labels(data_.labels, samples)};
}

}  // namespace tern
