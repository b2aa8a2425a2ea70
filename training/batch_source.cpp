#include "tern/training/batch_source.hpp"

#include <algorithm>

#include "tern/core/error.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/index_select/index_select.hpp"
#include "tern/training/image_uploads.hpp"

namespace tern {
namespace {

// Of images a factor per channel, of features one per element of a sample.
Shape factor_shape(const Dataset& data) {
    return data.has_images() ? Shape{data.sample_shape()[2]} : data.sample_shape();
}

void check_early_size(const char* where, std::int64_t epochs, std::int64_t size, const Shape& image) {
    const std::int64_t shorter = std::min(image[0], image[1]);
    TERN_CHECK(epochs > 0 && size > 0 && size < shorter, where, "early images must be 1 to ", shorter - 1,
               " pixels wide for at least an epoch, got ", size, " for ", epochs);
}

}  // namespace

std::function<Batch()> BatchSource::prepare(const Tensor& samples, std::optional<std::uint32_t> epoch) const {
    if (device().is_cpu()) return [made = batch(samples, epoch)] { return made; };
    return [this, samples, epoch] { return batch(samples.to(device()), epoch); };
}

DatasetSource::DatasetSource(const Dataset& dataset, const DatasetSourceOptions& options)
    : precision_(options.precision),
      augmentation_(options.augmentation),
      early_epochs_(options.early_epochs),
      early_size_(options.early_size) {
    const char* const where = "DatasetSource";
    check_tensors(where, dataset);
    if (dataset.reader || options.streamed) {
        TERN_CHECK(dataset.has_images(), where, "streams images only, got ", dataset.samples);
        uploads_ = std::make_shared<ImageUploads>(dataset, options.partners, options.device);
        data_ = dataset;
        data_.targets = dataset.targets.to(options.device);
    } else {
        data_ = dataset.to(options.device);
    }
    if (options.partners.defined()) partners_ = options.partners.to(options.device);
    const Shape shape = factor_shape(dataset);
    const Normalization& normalization = options.normalization;
    TERN_CHECK(dataset.has_images() || (!augmentation_.augments() && early_epochs_ == 0), where,
               "augments images only, got ", dataset.samples);
    TERN_CHECK(!augmentation_.mixes() || (dataset.has_labels() && dataset.class_count() > 0), where,
               "mixes images with labels of named classes only, got ", dataset.class_count(), " names and ",
               dataset.targets);
    if (dataset.has_images()) check_augmentation(where, augmentation_, dataset.sample_shape()[2]);
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
    const PrepareImagesParams params = augmentation_of(epoch);
    if (!uploads_) return finish(data_.samples, samples, params);
    const auto upload = uploads_->begin(samples.to(Device::cpu()), params);
    return finish(upload->images(), samples, params);
}

std::function<Batch()> DatasetSource::prepare(const Tensor& samples,
                                              std::optional<std::uint32_t> epoch) const {
    if (!uploads_ || device().is_cpu()) return BatchSource::prepare(samples, epoch);
    const PrepareImagesParams params = augmentation_of(epoch);
    return [this, params, upload = uploads_->begin(samples, params)] {
        return finish(upload->images(), upload->samples(), params);
    };
}

// `images`: of the set, or of the batch.
Batch DatasetSource::finish(const Tensor& images, const Tensor& samples,
                            const PrepareImagesParams& params) const {
    const Tensor targets = index_select(data_.targets, 0, samples);
    const DType type = compute_dtype(precision_);
    Batch batch{{}, data_.has_labels() ? targets : cast(targets, type)};
    if (!data_.has_images()) {
        batch.input = features(samples);
        return batch;
    }
    batch.input = prepare_images(images, samples, scale_, shift_, precision_, params, partners_);
    const Shape stored = data_.sample_shape();
    if (params.mixes())
        batch.probabilities = mixed_targets(data_.targets, samples, data_.class_count(), stored[0], stored[1],
                                            type, params, partners_);
    return batch;
}

PrepareImagesParams DatasetSource::augmentation_of(std::optional<std::uint32_t> epoch) const {
    PrepareImagesParams params;
    if (epoch) params = augmentation_;
    params.set_size = uploads_ ? size() : 0;
    if (!epoch) return params;
    params.epoch = *epoch;
    if (*epoch >= early_epochs_) return params;
    const Shape stored = data_.sample_shape();
    const std::int64_t height = stored[0], width = stored[1], shorter = std::min(height, width);
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
    host_samples_ = samples;
    samples_ = samples.to(source.device());
}

Batch SubsetSource::batch(const Tensor& samples, std::optional<std::uint32_t> epoch) const {
    return source_.batch(index_select(samples_, 0, samples), epoch);
}

std::function<Batch()> SubsetSource::prepare(const Tensor& samples,
                                             std::optional<std::uint32_t> epoch) const {
    return source_.prepare(index_select(host_samples_, 0, samples), epoch);
}

}  // namespace tern
