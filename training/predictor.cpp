#include "tern/training/predictor.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tern/core/autograd.hpp"
#include "tern/data/image.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"
#include "tern/kernels/softmax/softmax.hpp"
#include "tern/training/complete_info.hpp"
#include "tern/training/ready_model.hpp"

namespace tern {
namespace {

// (H, W, C), square and of a number of channels that image files have.
const WeightsInfo& checked(const WeightsInfo& info, const std::string& file) {
    const Shape& image = info.image;
    TERN_CHECK(image[0] == image[1] && (image[2] == 1 || image[2] == 3), file, "was trained on images ",
               image, ", expected square ones of 1 or 3 channels");
    return info;
}

}  // namespace

Predictor::Predictor(const Weights& weights, const PredictorOptions& options)
    : file_(weights.file),
      info_(checked(complete_info(weights, options.model, options.normalization), weights.file)),
      options_(options) {
    TERN_CHECK(options.batch_size >= 1, "predict", "the batch size must be at least 1, got ",
               options.batch_size);
    const Normalization& normalization = info_.normalization;
    const Shape& image = info_.image;
    scale_ = normalization.scale_tensor({image[2]}, options.precision, options.device);
    shift_ = normalization.shift_tensor({image[2]}, options.precision, options.device);
    model_ = ready_model(model_for(info_), info_.model, image, weights, options.device, options.precision);
    inference_ = std::make_unique<Inference>(*model_);
}

Tensor Predictor::probabilities(const Tensors& images) const {
    const NoGrad no_grad;
    const Shape& image = info_.image;
    const auto count = static_cast<std::int64_t>(images.size());
    const Tensor result = Tensor::empty({count, static_cast<std::int64_t>(info_.classes.size())},
                                        compute_dtype(options_.precision));
    for (std::int64_t begin = 0, end = 0; begin < count; begin = end) {
        end = begin + std::min(options_.batch_size, count - begin);
        const Tensor stored = Tensor::empty({end - begin, image[0], image[1], image[2]}, DType::uint8);
        for (std::int64_t i = begin; i < end; ++i) {
            const Tensor fitted = fit_image(images[static_cast<std::size_t>(i)], image_size());
            stored.slice(i - begin, i - begin + 1)
                .reshape(image)
                .copy_from(image[2] == 1 ? grey_image(fitted) : fitted);
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
        for (std::size_t k = 0; k < info_.classes.size(); ++k) {
            const std::size_t at = n * info_.classes.size() + k;
            const double probability = all.dtype() == DType::float64
                                           ? all.data<double>()[at]
                                           : static_cast<double>(all.data<float>()[at]);
            TERN_CHECK(std::isfinite(probability), file_, "gives a probability that is not a number");
            row.push_back({static_cast<std::int64_t>(k), info_.classes[k], probability});
        }
        std::ranges::stable_sort(row, std::greater<>(), &Prediction::probability);
        if (top_k < static_cast<std::int64_t>(row.size())) row.resize(static_cast<std::size_t>(top_k));
        predictions.push_back(std::move(row));
    }
    return predictions;
}

}  // namespace tern
