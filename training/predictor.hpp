// A trained network that tells what images show.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tern/training/inference.hpp"
#include "tern/training/weights.hpp"

namespace tern {

struct PredictorOptions {
    std::string model = {};  // of a file that does not say it; one that says another is refused
    std::string normalization =
        {};  // "unit" or "half"; "": as the file says, else the model's published default
    Device device = {};
    DType precision = DType::float32;
    std::int64_t batch_size = 256;  // images at a time
};

/// One of the classes that an image may show.
struct Prediction {
    std::int64_t label = 0;
    std::string name;
    double probability = 0;
};

///     tern::Predictor predictor(tern::read_weights("last.safetensors"));
///     tern::Prediction best = predictor.predict({tern::read_image("cat.png")})[0][0];
class Predictor {
  public:
    /// Makes the model that the file names and loads it. Throws Error where neither the file nor the options
    /// say which, the weights do not fit, or it was trained on images that are not square or of 2 or more
    /// than 3 channels. Classes of a file without names are "class 0", "class 1", ...:
    /// as many as the last parameter has elements.
    explicit Predictor(const Weights& weights, const PredictorOptions& options = {});

    const std::string& model_name() const { return info_.model; }
    const std::vector<std::string>& classes() const { return info_.classes; }
    /// Height and width that images are brought to: those it was trained on.
    std::int64_t image_size() const { return info_.image[0]; }

    /// Softmax of the logits, (N, K) on the CPU. images: N of (H, W, 3) uint8 and any size, which
    /// fit_image() brings to that of the model, which sees grey ones where it was trained on one channel.
    Tensor probabilities(const Tensors& images) const;

    /// The `top_k` most likely classes of each image, the most likely first, or all where there are fewer.
    /// Throws Error where the network gives no finite number.
    std::vector<std::vector<Prediction>> predict(const Tensors& images, std::int64_t top_k = 1) const;

  private:
    std::string file_;
    WeightsInfo info_;
    PredictorOptions options_;
    Tensor scale_, shift_;
    std::unique_ptr<Module> model_;
    std::unique_ptr<Inference> inference_;
};

}  // namespace tern
