#include "tern/training/weights.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/layers/state.hpp"
#include "tern/training/safetensors.hpp"

namespace tern {
namespace {

bool is_wide(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

// The tensors of the file in the model's floating type.
NamedTensors converted(Module& model, const NamedTensors& tensors) {
    const NoGrad no_grad;
    DType wanted = DType::float32;
    for (const auto& [name, tensor] : model.parameters()) wanted = tensor.dtype();
    NamedTensors result;
    for (const auto& [name, tensor] : tensors) {
        const bool other = is_wide(tensor.dtype()) && tensor.dtype() != wanted;
        result.push_back({name, other ? cast(tensor, wanted) : tensor});
    }
    return result;
}

}  // namespace

Weights read_weights(const std::filesystem::path& path) {
    Safetensors content = read_safetensors(path);
    const std::string file = path.string();
    return {file, parse_weights_info(file, content.metadata), std::move(content.tensors)};
}

void load_weights(Module& model, const std::string& name, const Weights& weights,
                  const std::vector<std::string>& left_out) {
    TERN_CHECK(!weights.info || weights.info->model == name, weights.file, "holds weights of ",
               weights.info->model, ", expected ", name);
    load_state(model, converted(model, weights.tensors), weights.file, left_out);
}

void save_weights(const std::filesystem::path& path, Module& model, const WeightsInfo& info) {
    write_safetensors(path, {model.state(), weights_metadata(info)});
}

}  // namespace tern
