#include "tern/training/batch_source.hpp"

#include <algorithm>

#include "tern/core/error.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/index_select/index_select.hpp"

namespace tern {
namespace {

// Of images a factor per channel, of features one per element of a sample.
Shape factor_shape(const Dataset& data) {
    return data.has_images() ? Shape{data.samples.dim(3)} : data.sample_shape();
}

void check_early_size(const char* where, std::int64_t epochs, std::int64_t size, const Shape& image) {
    const std::int64_t shorter = std::min(image[0], image[1]);
    TERN_CHECK(epochs > 0 && size > 0 && size < shorter, where, "early images must be 1 to ", shorter - 1,
               " pixels wide for at least an epoch, got ", size, " for ", epochs);
}

}  // namespace

DatasetSource::DatasetSource(const Dataset& dataset, const DatasetSourceOptions& options)
    : precision_(options.precision),
      augmentation_(options.augmentation),
      early_epochs_(options.early_epochs),
      early_size_(options.early_size) {
    const char* const where = "DatasetSource";
    check_tensors(where, dataset);
    data_ = dataset.to(options.device);
    if (options.partners.defined()) partners_ = options.partners.to(options.device);
    const Shape shape = factor_shape(dataset);
    const Normalization& normalization = options.normalization;
    TERN_CHECK(dataset.has_images() || (!augmentation_.augments() && early_epochs_ == 0), where,
               "augments images only, got ", dataset.samples);
    TERN_CHECK(!augmentation_.mixes() || (dataset.has_labels() && dataset.class_count() > 0), where,
               "mixes images with labels of named classes only, got ", dataset.class_count(), " names and ",
               dataset.targets);
    if (dataset.has_images()) check_augmentation(where, augmentation_, dataset.samples.dim(3));
    if (early_epochs_ != 0) check_early_size(where, early_epochs_, early_size_, dataset.sample_shape());
    const bool none = normalization.scale.empty() && normalization.shift.empty();
    if (none && !dataset.has_images()) return;
    TERN_CHECK(none || (std::ssize(normalization.scale) == shape.numel() &&
                        normalization.shift.size() == normalization.scale.size()),
               where, "normalizes samples ", dataset.sample_shape(), " by ", shape.numel(), " factors, got ",
               normalization.scale.size());
    scale_ = normalization.scale_tensor(shape, precision_, options.device);
    shift_ = normalization.shift_tensor(shape, precision_, options.device);
}

Batch DatasetSource::batch(const Tensor& samples, std::optional<std::uint32_t> epoch) const {
    const Tensor targets = index_select(data_.targets, 0, samples);
    const DType type = compute_dtype(precision_);
    Batch batch{{}, data_.has_labels() ? targets : cast(targets, type)};
    if (!data_.has_images()) {
        batch.input = features(samples);
        return batch;
    }
    const PrepareImagesParams params = augmentation_of(epoch);
    batch.input = prepare_images(data_.samples, samples, scale_, shift_, precision_, params, partners_);
    if (params.mixes())
        batch.probabilities = mixed_targets(data_.targets, samples, data_.class_count(), data_.samples.dim(1),
                                            data_.samples.dim(2), type, params, partners_);
    return batch;
}

PrepareImagesParams DatasetSource::augmentation_of(std::optional<std::uint32_t> epoch) const {
    if (!epoch) return {};
    PrepareImagesParams params = augmentation_;
    params.epoch = *epoch;
    if (*epoch >= early_epochs_) return params;
    const std::int64_t height = data_.samples.dim(1), width = data_.samples.dim(2),
                       shorter = std::min(height, width);
    params.height = height * early_size_ / shorter;
    params.width = width * early_size_ / shorter;
    return params;
}

Tensor DatasetSource::features(const Tensor& samples) const {
    const Tensor rows = cast(index_select(data_.samples, 0, samples), compute_dtype(precision_));
    return cast(scale_ ? add(mul(rows, scale_), shift_) : rows, precision_);
}

SubsetSource::SubsetSource(const BatchSource& source, const Tensor& samples) : source_(source) {
    TERN_CHECK(samples.rank() == 1 && samples.numel() > 0, "SubsetSource", "takes at least one sample, got ",
               samples);
    for (const std::int32_t sample : samples.elements<std::int32_t>())
        TERN_CHECK(sample >= 0 && sample < source.size(), "SubsetSource", "sample ", sample,
                   " is outside [0, ", source.size(), ')');
    samples_ = samples.to(source.device());
}

Batch SubsetSource::batch(const Tensor& samples, std::optional<std::uint32_t> epoch) const {
    return source_.batch(index_select(samples_, 0, samples), epoch);
}

}  // namespace tern
