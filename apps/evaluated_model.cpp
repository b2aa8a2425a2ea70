#include "tern/apps/evaluated_model.hpp"

#include <nlohmann/json.hpp>

#include "tern/apps/data_flags.hpp"
#include "tern/models/registry.hpp"
#include "tern/training/ready_model.hpp"

namespace tern::apps {

using Json = nlohmann::ordered_json;

void check_model_is_known(const Weights& weights, bool named) {
    if (!weights.info && !named)
        usage_error("--model", "must name the model, because ", weights.file, " does not");
}

void check_data_fits(const Weights& weights, const WeightsInfo& info, const Dataset& data) {
    check_classes(weights, data.classes, data.source);
    TERN_CHECK(data.sample_shape() == info.image, data.source, "has images ", data.sample_shape(), ", ",
               weights.file, " is for ", info.image);
}

std::unique_ptr<Module> load_evaluated_model(const std::string& name, const Weights& weights,
                                             const Dataset& data, const Runtime& runtime) {
    check_classes(weights, data.classes, data.source);
    return ready_model(make_model(name, model_options(data)), name, data.sample_shape(), weights,
                       runtime.device, runtime.precision);
}

Json confusion_json(const Tensor& confusion) {
    Json rows = Json::array();
    const std::int64_t count = confusion.dim(0);
    const std::int64_t* cells = confusion.data<std::int64_t>();
    for (std::int64_t k = 0; k < count; ++k)
        rows.push_back(std::vector<std::int64_t>(cells + k * count, cells + (k + 1) * count));
    return rows;
}

Json calibration_json(const Calibration& calibration) {
    Json bins = Json::array();
    for (const Calibration::Bin& bin : calibration.bins())
        bins.push_back(
            {{"samples", bin.samples}, {"confidence", bin.confidence()}, {"accuracy", bin.accuracy()}});
    return {{"error", calibration.error()}, {"bins", bins}};
}

}  // namespace tern::apps
