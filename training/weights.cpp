#include "tern/training/weights.hpp"

#include <nlohmann/json.hpp>

#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/layers/state.hpp"
#include "tern/training/safetensors.hpp"

namespace tern {
namespace {

using Json = nlohmann::json;
using Metadata = std::map<std::string, std::string>;

constexpr const char* kVersionKey = "format_version";
constexpr const char* kVersion = "1";

// The metadata of one file as tern writes it; every message names file and key.
class InfoReader {
  public:
    InfoReader(const std::string& file, const Metadata& metadata) : file_(file), metadata_(metadata) {}

    WeightsInfo read() const {
        const Json normalization = parse("normalization");
        check("normalization", normalization.is_object() && normalization.value("name", Json()).is_string());
        return {text("model"),
                strings("classes"),
                {normalization["name"].get<std::string>(), three(normalization, "scale"),
                 three(normalization, "shift")}};
    }

  private:
    void check(const char* key, bool condition) const {
        TERN_CHECK(condition, file_, "its metadata has no valid ", key);
    }

    const std::string& text(const char* key) const {
        const auto found = metadata_.find(key);
        check(key, found != metadata_.end());
        return found->second;
    }

    Json parse(const char* key) const { return Json::parse(text(key), nullptr, false); }

    std::vector<std::string> strings(const char* key) const {
        const Json value = parse(key);
        check(key, value.is_array() && !value.empty() &&
                       std::ranges::all_of(value, [](const Json& item) { return item.is_string(); }));
        return value.get<std::vector<std::string>>();
    }

    std::array<double, 3> three(const Json& object, const char* key) const {
        const Json value = object.value(key, Json());
        check(key, value.is_array() && value.size() == 3 &&
                       std::ranges::all_of(value, [](const Json& item) { return item.is_number(); }));
        return value.get<std::array<double, 3>>();
    }

    const std::string& file_;
    const Metadata& metadata_;
};

std::optional<WeightsInfo> parse_info(const std::string& file, const Metadata& metadata) {
    const auto version = metadata.find(kVersionKey);
    if (version == metadata.end()) return {};
    TERN_CHECK(version->second == kVersion, file, "has format version ", version->second,
               ", this tern reads ", kVersion);
    return InfoReader(file, metadata).read();
}

Metadata to_metadata(const WeightsInfo& info) {
    const Normalization& normalization = info.normalization;
    const Json numbers{
        {"name", normalization.name}, {"scale", normalization.scale}, {"shift", normalization.shift}};
    return {{kVersionKey, kVersion},
            {"model", info.model},
            {"classes", Json(info.classes).dump()},
            {"normalization", numbers.dump()}};
}

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
    return {file, parse_info(file, content.metadata), std::move(content.tensors)};
}

void load_weights(Module& model, const std::string& name, const Weights& weights) {
    TERN_CHECK(!weights.info || weights.info->model == name, weights.file, "holds weights of ",
               weights.info->model, ", expected ", name);
    load_state(model, converted(model, weights.tensors), weights.file);
}

void save_weights(const std::filesystem::path& path, Module& model, const WeightsInfo& info) {
    write_safetensors(path, {model.state(), to_metadata(info)});
}

}  // namespace tern
