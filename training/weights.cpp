#include "tern/training/weights.hpp"

#include <algorithm>

#include "tern/core/files/safetensors.hpp"
#include "tern/layers/state.hpp"
#include "tern/training/weight_names.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

// The weight file that somebody may mean who names a folder.
fs::path file_meant_by(const fs::path& folder) {
    std::error_code error;
    for (const char* name : {"best.safetensors", "last.safetensors", "weights.safetensors"}) {
        if (fs::is_regular_file(folder / name, error)) return folder / name;
    }
    return {};
}

void check_no_folder(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return;
    const fs::path file = file_meant_by(path);
    TERN_CHECK(file.empty(), path.string(),
               "is a folder, expected a safetensors file; name the file in it: ", file.string());
    fail(path.string(), "is a folder, expected a safetensors file",
         fs::exists(path / "saved_model.pb", error) ? "; it holds a TensorFlow SavedModel" : "");
}

// What tern itself writes as safetensors beside weights.
void check_holds_weights(const std::string& file, const Safetensors& content) {
    TERN_CHECK(!content.metadata.contains("training_state"), file,
               "is the training state of a checkpoint; its weights are in weights.safetensors beside it");
    TERN_CHECK(!content.tensors.empty() || !content.passed_over.empty(), file, "holds no tensors");
}

}  // namespace

Weights read_weights(const std::filesystem::path& path) {
    check_no_folder(path);
    Safetensors content = read_safetensors(path);
    const std::string file = path.string();
    check_holds_weights(file, content);
    for (const auto& [tensor, why] : content.passed_over)
        fail(file, "tensor ", tensor, ' ', why, ", which no model of tern has");
    return {file, parse_weights_info(file, content.metadata), std::move(content.tensors)};
}

std::optional<OtherHead> other_head(const Module& model, const Weights& weights) {
    const NamedTensor bias = model.parameters().back();
    const std::string layer = bias.name.substr(0, bias.name.rfind('.'));
    const NamedTensors tensors = with_names_of(model.state(), weights.tensors);
    const auto shape_in = [](const NamedTensors& from, const std::string& name) {
        const auto found = std::ranges::find(from, name, &NamedTensor::name);
        return found == from.end() ? Shape() : found->tensor.shape();
    };
    const Shape given = shape_in(tensors, bias.name), weight = shape_in(tensors, layer + ".weight");
    if (given.rank() != 1 || given == bias.tensor.shape() || given[0] == 0) return {};
    Shape expected = shape_in(model.state(), layer + ".weight");
    if (weights.info) expected = narrowed(weights.info->widths, layer + ".weight", expected);
    if (weight != expected.with(0, given[0])) return {};
    return OtherHead{layer, given[0]};
}

void check_classes(const Weights& weights, const std::vector<std::string>& classes,
                   const std::string& source) {
    if (!weights.info || weights.info->classes == classes) return;
    const std::vector<std::string>& trained = weights.info->classes;
    TERN_CHECK(trained.size() == classes.size(), weights.file, "was trained for ", trained.size(),
               " classes, ", source, " has ", classes.size());
    for (std::size_t k = 0; k < trained.size(); ++k) {
        TERN_CHECK(trained[k] == classes[k], weights.file, "was trained with \"", trained[k], "\" as class ",
                   k, ", in ", source, " it is \"", classes[k], '"');
    }
}

bool narrow_to(Module& model, const Weights& weights) {
    return weights.info && !weights.info->widths.empty() &&
           narrow(model, weights.info->widths, weights.info->image, weights.file);
}

void load_weights(Module& model, const std::string& name, const Weights& weights,
                  const std::vector<std::string>& left_out) {
    TERN_CHECK(!weights.info || !weights.info->quantized, weights.file,
               "is a model in 8 bits, which can only be evaluated, exported and predict");
    TERN_CHECK(!weights.info || weights.info->model == name, weights.file, "holds weights of ",
               weights.info->model, ", expected ", name);
    Tensors before;
    for (const NamedTensor& named : model.state()) before.push_back(named.tensor);
    const bool narrowed = narrow_to(model, weights);
    try {
        load_state(model, with_names_of(model.state(), weights.tensors), weights.file, left_out);
    } catch (const Error&) {
        if (narrowed) model.replace_state(before);
        throw;
    }
}

void save_weights(const std::filesystem::path& path, const Module& model,
                  const std::optional<WeightsInfo>& info) {
    Safetensors content{model.state(), {}};
    if (info) {
        content.metadata = weights_metadata(*info);
        parse_weights_info(path.string(), content.metadata);  // what cannot be read is not written
    }
    write_safetensors(path, content);
}

}  // namespace tern
