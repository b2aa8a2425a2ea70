#include "tern/training/predictor.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tern/core/autograd.hpp"
#include "tern/data/class_names.hpp"
#include "tern/data/image.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"
#include "tern/kernels/softmax/softmax.hpp"
#include "tern/layers/fold_batch_norms.hpp"
#include "tern/models/registry.hpp"
#include "tern/training/weight_names.hpp"

namespace tern {
namespace {

std::string name_of_model(const Weights& weights, const std::string& named) {
    TERN_CHECK(weights.info || !named.empty(), weights.file, "does not say its model, and none was named");
    TERN_CHECK(named.empty() || !weights.info || weights.info->model == named, weights.file,
               "holds weights of ", weights.info->model, ", expected ", named);
    return named.empty() ? weights.info->model : named;
}

std::vector<std::string> classes_of(const Weights& weights, const std::string& model) {
    // The bias of the last layer has an element for each class.
    const std::unique_ptr<Module> any = make_model(model);
    const std::string last = any->parameters().back().name;
    const NamedTensors tensors = with_names_of(any->state(), weights.tensors);
    const auto found = std::ranges::find(tensors, last, &NamedTensor::name);
    TERN_CHECK(found != tensors.end() && found->tensor.rank() == 1 && found->tensor.numel() > 0, weights.file,
               "has no ", last, " to tell the number of classes by");
    if (weights.info) {
        const auto named = static_cast<std::int64_t>(weights.info->classes.size());
        TERN_CHECK(found->tensor.numel() == named, weights.file, "names ", named, " classes, but ", last,
                   " has ", found->tensor.numel(), " elements");
        return weights.info->classes;
    }
    return numbered_classes(found->tensor.numel());
}

Normalization normalization_of(const Weights& weights, const std::string& model, const std::string& named,
                               std::int64_t channels) {
    TERN_CHECK(named.empty() || named == "unit" || named == "half", "normalize", '"', named,
               "\" is none of unit, half");
    if (named.empty() && weights.info) return weights.info->normalization;
    return fixed_normalization(named.empty() ? find_model(model).normalization : std::string_view(named),
                               channels);
}

Shape image_of(const Weights& weights, const std::string& model) {
    const Shape image = weights.info ? weights.info->image : find_model(model).image;
    TERN_CHECK(image[0] == image[1] && (image[2] == 1 || image[2] == 3), weights.file,
               "was trained on images ", image, ", expected square ones of 1 or 3 channels");
    return image;
}

}  // namespace

Predictor::Predictor(const Weights& weights, const PredictorOptions& options)
    : file_(weights.file),
      name_(name_of_model(weights, options.model)),
      classes_(classes_of(weights, name_)),
      options_(options),
      image_(image_of(weights, name_)),
      model_(make_model(name_, {.classes = std::ssize(classes_),
                                .channels = image_[2],
                                .height = image_[0],
                                .width = image_[1]})) {
    TERN_CHECK(options.batch_size >= 1, "predict", "the batch size must be at least 1, got ",
               options.batch_size);
    const Normalization normalization = normalization_of(weights, name_, options.normalization, image_[2]);
    scale_ = normalization.scale_tensor({image_[2]}, options.precision, options.device);
    shift_ = normalization.shift_tensor({image_[2]}, options.precision, options.device);
    model_->to(compute_dtype(options.precision));
    load_weights(*model_, name_, weights);
    if (options.device.is_cpu()) fold_batch_norms(*model_, {1, image_[0], image_[1], image_[2]});
    model_->to(options.device);
    model_->eval();
    inference_ = std::make_unique<Inference>(*model_);
}

Tensor Predictor::probabilities(const Tensors& images) const {
    const NoGrad no_grad;
    const auto count = static_cast<std::int64_t>(images.size());
    const Tensor result =
        Tensor::empty({count, static_cast<std::int64_t>(classes_.size())}, compute_dtype(options_.precision));
    for (std::int64_t begin = 0, end = 0; begin < count; begin = end) {
        end = begin + std::min(options_.batch_size, count - begin);
        const Tensor stored = Tensor::empty({end - begin, image_[0], image_[1], image_[2]}, DType::uint8);
        for (std::int64_t i = begin; i < end; ++i) {
            const Tensor fitted = fit_image(images[static_cast<std::size_t>(i)], image_size());
            stored.slice(i - begin, i - begin + 1)
                .reshape(image_)
                .copy_from(image_[2] == 1 ? grey_image(fitted) : fitted);
        }
        std::vector<std::int32_t> all(static_cast<std::size_t>(end - begin));
        std::iota(all.begin(), all.end(), 0);
        const Tensor samples = Tensor::from({end - begin}, all).to(options_.device);
        const Tensor batch =
            prepare_images(stored.to(options_.device), samples, scale_, shift_, options_.precision);
        const Tensor logits = cast(inference_->run(batch), result.dtype());
        result.slice(begin, end).copy_from(softmax(logits.to(Device::cpu())));
    }
    return result;
}

std::vector<std::vector<Prediction>> Predictor::predict(const Tensors& images, std::int64_t top_k) const {
    TERN_CHECK(top_k >= 1, "predict", "the number of classes must be at least 1, got ", top_k);
    const Tensor all = probabilities(images);
    std::vector<std::vector<Prediction>> predictions;
    for (std::size_t n = 0; n < images.size(); ++n) {
        std::vector<Prediction> row;
        for (std::size_t k = 0; k < classes_.size(); ++k) {
            const std::size_t at = n * classes_.size() + k;
            const double probability = all.dtype() == DType::float64
                                           ? all.data<double>()[at]
                                           : static_cast<double>(all.data<float>()[at]);
            TERN_CHECK(std::isfinite(probability), file_, "gives a probability that is not a number");
            row.push_back({static_cast<std::int64_t>(k), classes_[k], probability});
        }
        std::ranges::stable_sort(row, std::greater<>(), &Prediction::probability);
        if (top_k < static_cast<std::int64_t>(row.size())) row.resize(static_cast<std::size_t>(top_k));
        predictions.push_back(std::move(row));
    }
    return predictions;
}

}  // namespace tern
