#include "tern/models/registry.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <utility>
#include <vector>

#include "tern/layers/batch_norm2d.hpp"
#include "tern/models/lenet5.hpp"
#include "tern/models/mini_xception.hpp"
#include "tern/models/mini_xception_dense.hpp"
#include "tern/models/mlp.hpp"
#include "tern/models/mobilenet_v2.hpp"
#include "tern/models/resnet20.hpp"
#include "tern/models/tiniest.hpp"
#include "tern/models/wrn_16_1.hpp"

namespace tern {
namespace {

const char* const kWhere = "model";

// Batches and epochs as the headers of the models say whose they are.
std::vector<ModelInfo> own_models() {
    const Shape image{32, 32, 3};
    return {
        {"mini_xception", make_mini_xception, image, "unit", 1e-7, 32, 8},
        {"mini_xception_dense", make_mini_xception_dense, image, "half", 1e-8, 64, 20},
        {"resnet20", make_resnet20, image, "half", 1e-8, 128, 200},
        {"wrn_16_1", make_wrn_16_1, image, "half", 1e-8, 128, 200},
        {"mobilenet_v2", make_mobilenet_v2, image, "half", 1e-8, 128, 200},
        {"lenet5", make_lenet5, image, "half", 1e-8, 32, 20},
        {"mlp", make_mlp, image, "unit", 1e-7, 128, 20},
        {"tiniest", make_tiniest, image, "half", 1e-8, 64, 50},
    };
}

// A longer list is a new one, so that the ones that were handed out stay.
class Registry {
  public:
    std::span<const ModelInfo> all() {
        const std::lock_guard lock(mutex_);
        return lists_.back();
    }
    void add(ModelInfo info) {
        const std::lock_guard lock(mutex_);
        std::vector<ModelInfo> longer = lists_.back();
        TERN_CHECK(std::ranges::find(longer, info.name, &ModelInfo::name) == longer.end(), kWhere,
                   "the name \"", info.name, "\" is taken");
        longer.push_back(std::move(info));
        lists_.push_back(std::move(longer));
    }

  private:
    std::mutex mutex_;
    std::list<std::vector<ModelInfo>> lists_{own_models()};
};

Registry& registry() {
    static Registry models;
    return models;
}

// In the C locale.
bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::int64_t at_least_1(const char* what, std::int64_t value) {
    TERN_CHECK(value >= 1, kWhere, what, " must be at least 1, got ", value);
    return value;
}

std::int64_t given_or(const char* what, std::int64_t given, std::int64_t own) {
    return given == 0 ? own : at_least_1(what, given);
}

}  // namespace

std::span<const ModelInfo> all_models() { return registry().all(); }

std::string model_names() {
    std::string names;
    for (const ModelInfo& model : all_models()) names += to_text(names.empty() ? "" : ", ", model.name);
    return names;
}

const ModelInfo& find_model(std::string_view name) {
    for (const ModelInfo& model : all_models()) {
        if (model.name == name) return model;
    }
    fail(kWhere, "no model \"", name, "\", only ", model_names());
}

std::unique_ptr<Module> make_model(std::string_view name, const ModelOptions& options) {
    const ModelInfo& info = find_model(name);
    ModelOptions complete = options;
    at_least_1("classes", options.classes);
    complete.height = given_or("height", options.height, info.image[0]);
    complete.width = given_or("width", options.width, info.image[1]);
    complete.channels = given_or("channels", options.channels, info.image[2]);
    std::unique_ptr<Module> model = info.make(complete);
    TERN_CHECK(model != nullptr, kWhere, "the function of ", name, " made none");
    model->visit([&options](const std::string&, Module& module) {
        if (auto* const norm = dynamic_cast<BatchNorm2d*>(&module))
            norm->set_bias_correction(options.bias_correction);
    });
    return model;
}

void register_model(ModelInfo info) {
    TERN_CHECK(!info.name.empty() && std::ranges::all_of(info.name, is_name_character), kWhere,
               "a name is of letters, digits, '_' and '-', got \"", info.name, '"');
    TERN_CHECK(info.make != nullptr, kWhere, info.name, " has no function that makes it");
    TERN_CHECK(info.image.rank() == 3, kWhere, "the image of ", info.name, " must be (H, W, C), got ",
               info.image);
    for (int i = 0; i < 3; ++i) at_least_1("each extent of the image", info.image[i]);
    at_least_1("the batch size", info.batch_size);
    at_least_1("the number of epochs", info.epochs);
    TERN_CHECK(info.adam_epsilon > 0, kWhere, "Adam's epsilon must be above 0, got ", info.adam_epsilon);
    registry().add(std::move(info));
}

}  // namespace tern
