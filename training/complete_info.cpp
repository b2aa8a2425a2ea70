#include "tern/training/complete_info.hpp"

#include <algorithm>

#include "tern/data/class_names.hpp"
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

}  // namespace

WeightsInfo complete_info(const Weights& weights, const std::string& named,
                          const std::string& normalization) {
    const std::string model = name_of_model(weights, named);
    const Shape image = weights.info ? weights.info->image : find_model(model).image;
    return {model,
            classes_of(weights, model),
            normalization_of(weights, model, normalization, image[2]),
            image,
            weights.info && weights.info->quantized,
            weights.info ? weights.info->widths : Widths()};
}

std::unique_ptr<Module> model_for(const WeightsInfo& info) {
    return make_model(info.model, {.classes = std::ssize(info.classes),
                                   .channels = info.image[2],
                                   .height = info.image[0],
                                   .width = info.image[1]});
}

}  // namespace tern
