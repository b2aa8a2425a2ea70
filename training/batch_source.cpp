#include "tern/training/batch_source.hpp"

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

}  // namespace

DatasetSource::DatasetSource(const Dataset& dataset, const DatasetSourceOptions& options)
    : precision_(options.precision), augmentation_(options.augmentation) {
    const char* const where = "DatasetSource";
    check_tensors(where, dataset);
    data_ = dataset.to(options.device);
    const Shape shape = factor_shape(dataset);
    const Normalization& normalization = options.normalization;
    TERN_CHECK(dataset.has_images() || !augmentation_.augments(), where, "augments images only, got ",
               dataset.samples);
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
    return {inputs(samples, epoch), data_.has_labels() ? targets : cast(targets, compute_dtype(precision_))};
}

Tensor DatasetSource::inputs(const Tensor& samples, std::optional<std::uint32_t> epoch) const {
    if (data_.has_images()) {
        PrepareImagesParams params;
        if (epoch) {
            params = augmentation_;
            params.epoch = *epoch;
        }
        return prepare_images(data_.samples, samples, scale_, shift_, precision_, params);
    }
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
