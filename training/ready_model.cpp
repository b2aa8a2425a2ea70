#include "tern/training/ready_model.hpp"

#include <utility>

#include "tern/layers/fold_batch_norms.hpp"
#include "tern/layers/state.hpp"
#include "tern/layers/trace/trace.hpp"

namespace tern {

std::unique_ptr<QuantizedModel> model_in_8_bits(Module& model, const std::string& name, const Shape& image,
                                                const Weights& weights) {
    TERN_CHECK(weights.info->model == name, weights.file, "holds weights of ", weights.info->model,
               ", expected ", name);
    narrow_to(model, weights);
    fold_batch_norms(model, {1, image[0], image[1], image[2]});
    auto quantized = std::make_unique<QuantizedModel>(trace(model, image));
    load_state(*quantized, weights.tensors, weights.file);
    quantized->eval();
    return quantized;
}

std::unique_ptr<Module> ready_model(std::unique_ptr<Module> model, const std::string& name,
                                    const Shape& image, const Weights& weights, Device device,
                                    DType precision) {
    if (weights.info && weights.info->quantized) {
        TERN_CHECK(device.is_cpu() && precision == DType::float32, weights.file,
                   "is a model in 8 bits, which runs on cpu and takes float32, got ", device, " and ",
                   precision);
        return model_in_8_bits(*model, name, image, weights);
    }
    model->to(compute_dtype(precision));
    load_weights(*model, name, weights);
    if (device.is_cpu()) fold_batch_norms(*model, {1, image[0], image[1], image[2]});
    model->to(device);
    model->eval();
    return model;
}

}  // namespace tern
