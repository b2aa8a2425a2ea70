#include "tern/training/training_state.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tern/core/files/safetensors.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

TrainingState some_state() {
    TrainingState state;
    state.position = {.step = 12,
                      .epoch = 3,
                      .batch = 2,
                      .samples_since_log = 64,
                      .seconds_since_log = 0.1,
                      .best_step = 10,
                      .best_epoch = 2,
                      .best_value = 1.0 / 3};
    state.tensors = {{"totals", Tensor::full({2, 2}, 1.5, DType::float64)},
                     {"optimizer.step", Tensor::full({}, 12, DType::int64)}};
    state.metrics_bytes = 100;
    state.steps_bytes = 1LL << 40;
    state.times_bytes = 300;
    state.data_checksum = "abc";
    state.teacher_checksum = "def";
    return state;
}

}  // namespace

TEST_CASE("a training state is read as it was written") {
    const test::TemporaryFolder folder;
    const TrainingState state = some_state();
    write_training_state(folder / "state", state);
    const TrainingState again = read_training_state(folder / "state");
    CHECK(again.position.step == 12);
    CHECK(again.position.epoch == 3);
    CHECK(again.position.batch == 2);
    CHECK(again.position.samples_since_log == 64);
    CHECK(again.position.seconds_since_log == 0.1);
    CHECK(again.position.best_step == 10);
    CHECK(again.position.best_epoch == 2);
    CHECK(again.position.best_value == 1.0 / 3);
    CHECK(again.metrics_bytes == 100);
    CHECK(again.steps_bytes == 1LL << 40);
    CHECK(again.times_bytes == 300);
    CHECK(again.data_checksum == "abc");
    CHECK(again.teacher_checksum == "def");
    REQUIRE(again.tensors.size() == 2);
    for (const auto& [name, tensor] : again.tensors) {
        CHECK(tensor.dtype() == (name == "totals" ? DType::float64 : DType::int64));
        CHECK(tensor.numel() == (name == "totals" ? 4 : 1));
        CHECK((name == "totals" ? tensor.data<double>()[3] == 1.5 : tensor.item() == 12));
    }
}

TEST_CASE("a training state with former names of fields, or without later ones, is read") {
    const test::TemporaryFolder folder;
    write_training_state(folder / "state", some_state());
    Safetensors content = read_safetensors(folder / "state");
    std::string& text = content.metadata["training_state"];
    for (const auto& [name, former] :
         {std::pair{"samples_since_log", "row_records"}, std::pair{"seconds_since_log", "row_seconds"},
          std::pair{"best_value", "best_accuracy"}})
        text.replace(text.find(name), std::string_view(name).size(), former);
    for (const std::string later :
         {"\"best_epoch\":2,", ",\"teacher_checksum\":\"def\"", ",\"times_bytes\":300"}) {
        REQUIRE(text.find(later) != std::string::npos);
        text.erase(text.find(later), later.size());
    }
    const auto totals_in = [](NamedTensors& tensors) -> Tensor& {
        return std::ranges::find(tensors, "totals", &NamedTensor::name)->tensor;
    };
    totals_in(content.tensors) = Tensor::from({3}, {12.5, 7.0, 10.0});
    write_safetensors(folder / "former", content);
    TrainingState read = read_training_state(folder / "former");
    CHECK(read.position.samples_since_log == 64);
    CHECK(read.position.seconds_since_log == 0.1);
    CHECK(read.position.best_value == 1.0 / 3);
    CHECK(read.position.best_epoch == 0);
    CHECK(read.times_bytes == 0);
    CHECK(read.teacher_checksum.empty());
    // The sum of losses and the right predictions of 10 samples.
    const Tensor totals = totals_in(read.tensors);
    REQUIRE(totals.shape() == Shape{2, 2});
    CHECK(std::ranges::equal(totals.elements<double>(), std::vector{12.5, 10.0, 7.0, 10.0}));
}

TEST_CASE("a file that is not a training state is refused") {
    const test::TemporaryFolder folder;
    const std::filesystem::path path = folder / "state";
    write_training_state(path, some_state());
    const auto check = [&](const char* key, const char* value, const std::string& message) {
        Safetensors content = read_safetensors(folder / "state");
        value == nullptr ? void(content.metadata.erase(key)) : void(content.metadata[key] = value);
        write_safetensors(folder / "changed", content);
        CHECK_THROWS_WITH(read_training_state(folder / "changed"), test::at(folder / "changed") + message);
    };
    check("format_version", nullptr, "its metadata has no format_version");
    check("format_version", "2", "has format version 2, this tern reads 1");
    check("training_state", nullptr, "its metadata has no training_state");
    check("training_state", "[", "its training_state is not a JSON object");
    check("training_state", "{}", "its training_state has no valid step");
    check("training_state", R"({"step":-1})", "its training_state has no valid step");
    check("training_state", R"({"step":1.5})", "its training_state has no valid step");
    check("training_state", R"({"step":1,"epoch":1,"batch":0,"samples_since_log":0,"seconds_since_log":"1"})",
          "its training_state has no valid seconds_since_log");
    TrainingState wrong = some_state();
    wrong.position.epoch = 0;
    write_training_state(path, wrong);
    CHECK_THROWS_WITH(read_training_state(path), test::at(path) + "epochs count from 1, got 0");
}
