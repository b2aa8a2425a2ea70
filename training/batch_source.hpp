// Where a training loop has its batches from.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "tern/data/dataset.hpp"
#include "tern/data/normalization.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"

namespace tern {

class ImageUploads;

struct Batch {
    Tensor input;   // (N, ...): images (N, H, W, C), normalised
    Tensor target;  // (N) int32 labels, or (N, ...) numbers
    /// (N, K): what a loss takes in place of the labels, each class's part in images that are mixed. Metrics count the
    /// labels. Undefined where nothing is mixed.
    Tensor probabilities = {};

    const Tensor& loss_target() const { return probabilities.defined() ? probabilities : target; }
};

/// Samples by number. Derive from it for batches that no Dataset holds.
class BatchSource {
  public:
    virtual ~BatchSource() = default;

    virtual std::int64_t size() const = 0;  // samples
    virtual Device device() const = 0;      // of batches
    /// Of inputs: of float16 the loss is scaled.
    virtual DType precision() const = 0;
    /// samples: (N) int32 or int64 on device(), each in [0, size()). `epoch`, from 0: as training takes them in
    /// it, augmented; none: as an evaluation does. What comes out follows from these alone.
    virtual Batch batch(const Tensor& samples, std::optional<std::uint32_t> epoch = {}) const = 0;
    /// Begins batch(samples, epoch) ahead of time, with samples on the CPU: on any thread, of which several may do so at
    /// once. What is returned ends it, on the thread and the stream that the batch is for. By default that is all of it
    /// on the CPU and nothing on a GPU.
    virtual std::function<Batch()> prepare(const Tensor& samples, std::optional<std::uint32_t> epoch) const;
    /// Batches of as many samples have the same shapes in all epochs for which this is the same. TrainingStep plans the
    /// memory of its steps anew where it changes.
    virtual std::int64_t batch_kind(std::uint32_t /*epoch*/) const { return 0; }
};

struct DatasetSourceOptions {
    Normalization normalization = {};
    DType precision = DType::float32;
    Device device = {};
    PrepareImagesParams augmentation = {};  // of images; its epoch is that of the batch
    /// Numbers (P) int32 of the samples that images are mixed with: those that are trained on. Undefined: all.
    Tensor partners = {};
    /// Images of the first so many epochs are smaller: their shorter side has this many pixels, the other one follows.
    std::int64_t early_epochs = 0, early_size = 0;
    /// Images stay on the CPU, and a GPU is given those of each batch: for sets that its memory does not hold. Those of
    /// a reader do so in any case.
    bool streamed = false;
};

/// A data set on a device; batches are gathered and scaled there. One that is mapped from a file stays on the
/// disk where the device is the CPU, and so do images that are read when they are asked for.
class DatasetSource : public BatchSource {
  public:
    /// Throws Error for a set that check_tensors() refuses, a normalization that has not a number for each
    /// channel, features that are to be augmented, targets that are to be mixed and are no labels of named classes, and
    /// an early size that is not smaller than the images.
    explicit DatasetSource(const Dataset& dataset, const DatasetSourceOptions& options = {});

    std::int64_t size() const override { return data_.size(); }
    Device device() const override { return data_.targets.device(); }
    DType precision() const override { return precision_; }
    Batch batch(const Tensor& samples, std::optional<std::uint32_t> epoch = {}) const override;
    /// Of images that a GPU is given batch by batch: reads them and copies them there beside the step's work.
    std::function<Batch()> prepare(const Tensor& samples, std::optional<std::uint32_t> epoch) const override;
    std::int64_t batch_kind(std::uint32_t epoch) const override { return epoch < early_epochs_ ? 1 : 0; }

  private:
    Batch finish(const Tensor& images, const Tensor& samples, const PrepareImagesParams& params) const;
    Tensor features(const Tensor& samples) const;
    PrepareImagesParams augmentation_of(std::optional<std::uint32_t> epoch) const;

    Dataset data_;
    std::shared_ptr<const ImageUploads> uploads_;  // where images come batch by batch
    DType precision_;
    PrepareImagesParams augmentation_;
    Tensor partners_;
    std::int64_t early_epochs_, early_size_;
    Tensor scale_, shift_;  // undefined where features stay as they are
};

/// Some samples of another source, which makes the batches: augmented by their numbers there.
class SubsetSource : public BatchSource {
  public:
    /// samples: (R) int32 in [0, source.size()), on the CPU. `source` must live longer. Throws Error for none, and
    /// for one that the source does not have.
    SubsetSource(const BatchSource& source, const Tensor& samples);

    std::int64_t size() const override { return samples_.dim(0); }
    Device device() const override { return source_.device(); }
    DType precision() const override { return source_.precision(); }
    Batch batch(const Tensor& samples, std::optional<std::uint32_t> epoch = {}) const override;
    std::function<Batch()> prepare(const Tensor& samples, std::optional<std::uint32_t> epoch) const override;
    std::int64_t batch_kind(std::uint32_t epoch) const override { return source_.batch_kind(epoch); }

  private:
    const BatchSource& source_;
    Tensor samples_, host_samples_;
};

}  // namespace tern
