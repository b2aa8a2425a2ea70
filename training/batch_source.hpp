// From samples of a data set to what a model takes.
#pragma once

#include "tern/data/dataset.hpp"
#include "tern/data/normalization.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"

namespace tern {

struct Batch {
    Tensor images;  // (N, H, W, C), normalised
    Tensor labels;  // (N) int32
};

/// A data set on a device; batches are gathered and scaled there.
class BatchSource {
  public:
    BatchSource(const Dataset& dataset, const Normalization& normalization, DType precision, Device device);

    /// samples: (N) int32 or int64 on the device.
    Batch batch(const Tensor& samples, const PrepareImagesParams& augmentation = {}) const;

    std::int64_t size() const { return data_.size(); }
    std::int64_t class_count() const { return data_.class_count(); }
    Device device() const { return data_.images.device(); }
    DType precision() const { return precision_; }

  private:
    Dataset data_;
    DType precision_;
    Tensor scale_, shift_;
};

}  // namespace tern
