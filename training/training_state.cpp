#include "tern/training/training_state.hpp"

#include <string_view>

#include <nlohmann/json.hpp>

namespace tern {
namespace {

using Json = nlohmann::json;

constexpr const char* kVersionKey = "format_version";
constexpr const char* kVersion = "1";
constexpr const char* kStateKey = "training_state";

// One list for both directions.
template <class State, class Function>
void visit_fields(State& state, const Function& function) {
    function("step", state.position.step);
    function("epoch", state.position.epoch);
    function("batch", state.position.batch);
    function("samples_since_log", state.position.samples_since_log);
    function("seconds_since_log", state.position.seconds_since_log);
    function("best_step", state.position.best_step);
    function("best_epoch", state.position.best_epoch);
    function("best_value", state.position.best_value);
    function("metrics_bytes", state.metrics_bytes);
    function("steps_bytes", state.steps_bytes);
    function("times_bytes", state.times_bytes);
    function("data_checksum", state.data_checksum);
    function("teacher_checksum", state.teacher_checksum);
}

// What a field was called before.
std::string_view former_name(std::string_view name) {
    if (name == "samples_since_log") return "row_records";
    if (name == "seconds_since_log") return "row_seconds";
    if (name == "best_value") return "best_accuracy";
    return name;
}

// What older files lack.
bool came_later(std::string_view name) {
    return name == "best_epoch" || name == "teacher_checksum" || name == "times_bytes";
}

// Before losses and metrics had counts of their own: {sum of losses, right predictions, samples}.
Tensor totals_of(const Tensor& totals) {
    if (totals.shape() != Shape{3} || totals.dtype() != DType::float64) return totals;
    const double* const sums = totals.data<double>();
    return Tensor::from({2, 2}, {sums[0], sums[2], sums[1], sums[2]});
}

bool fits(const Json& value, const std::string& /*field*/) { return value.is_string(); }
bool fits(const Json& value, double /*field*/) { return value.is_number(); }
bool fits(const Json& value, std::int64_t /*field*/) {
    return value.is_number_integer() && value.get<std::int64_t>() >= 0;
}

}  // namespace

Safetensors training_state_content(const TrainingState& state) {
    Json fields;
    visit_fields(state, [&](const char* name, const auto& value) { fields[name] = value; });
    const std::string text = fields.dump(-1, ' ', false, Json::error_handler_t::replace);
    return {state.tensors, {{kVersionKey, kVersion}, {kStateKey, text}}};
}

TrainingState parse_training_state(const std::string& file, Safetensors content) {
    const auto text = [&](const char* key) {
        const auto found = content.metadata.find(key);
        TERN_CHECK(found != content.metadata.end(), file, "its metadata has no ", key);
        return found->second;
    };
    TERN_CHECK(text(kVersionKey) == kVersion, file, "has format version ", text(kVersionKey),
               ", this tern reads ", kVersion);
    const Json fields = Json::parse(text(kStateKey), nullptr, false);
    TERN_CHECK(fields.is_object(), file, "its ", kStateKey, " is not a JSON object");
    TrainingState state;
    visit_fields(state, [&]<class T>(const char* name, T& value) {
        auto found = fields.find(name);
        if (found == fields.end()) found = fields.find(former_name(name));
        if (found == fields.end() && came_later(name)) return;
        TERN_CHECK(found != fields.end() && fits(*found, value), file, "its ", kStateKey, " has no valid ",
                   name);
        value = found->get<T>();
    });
    TERN_CHECK(state.position.epoch >= 1, file, "epochs count from 1, got ", state.position.epoch);
    TERN_CHECK(state.position.seconds_since_log >= 0, file, "its ", kStateKey,
               " has no valid seconds_since_log");
    state.tensors = std::move(content.tensors);
    for (auto& [name, tensor] : state.tensors)
        if (name == "totals") tensor = totals_of(tensor);
    return state;
}

void write_training_state(const std::filesystem::path& path, const TrainingState& state) {
    write_safetensors(path, training_state_content(state));
}

TrainingState read_training_state(const std::filesystem::path& path) {
    return parse_training_state(path.string(), read_safetensors(path));
}

}  // namespace tern
