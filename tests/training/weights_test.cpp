// Weight files of models: what is saved is loaded, and what does not fit is named.
#include "tern/training/weights.hpp"

#include "tern/core/files/safetensors.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/training/predictor.hpp"
#include "tern/training/training_state.hpp"
#include "tern/training/weight_names.hpp"

using namespace tern;

namespace {

const WeightsInfo kInfo{"mini_xception", {"a", "b", "c"}, {"half", {0.1, 0.2, 0.3}, {-1, 0, 1e-17}}};

// A weight file of mini_xception for three classes, and what can be done to it.
struct SavedWeights {
    SavedWeights() { save_weights(path, *model, kInfo); }

    // Saves it with `change` done to its tensors, and expects that loading says `message`.
    void check_error(const std::function<void(Safetensors&)>& change, const auto& message) const {
        Safetensors content = read_safetensors(path);
        change(content);
        const std::filesystem::path changed = folder / "changed.safetensors";
        write_safetensors(changed, content);
        const std::unique_ptr<Module> other = make_model("mini_xception", {3, 2});
        const std::vector<float> before = first_weights(*other);
        const auto load = [&] { load_weights(*other, "mini_xception", read_weights(changed)); };
        if constexpr (std::is_convertible_v<decltype(message), std::string>)
            CHECK_THROWS_WITH(load(), test::at(changed) + message);
        else
            CHECK_THROWS_WITH(load(), message);
        CHECK((first_weights(*other) == before));
    }
    static std::vector<float> first_weights(Module& module) {
        const auto elements = module.parameters().front().tensor.elements<float>();
        return {elements.begin(), elements.end()};
    }

    test::TemporaryFolder folder;
    std::filesystem::path path = folder / "weights.safetensors";
    std::unique_ptr<Module> model = make_model("mini_xception", {3, 1});
};

Tensor& find(Safetensors& content, const std::string& name) {
    for (auto& [own, tensor] : content.tensors) {
        if (own == name) return tensor;
    }
    fail("test", "no ", name);
}

std::vector<float> values_of(Module& module, const std::string& name) {
    for (const auto& [own, tensor] : module.state()) {
        if (own != name) continue;
        const auto elements = tensor.elements<float>();
        return {elements.begin(), elements.end()};
    }
    fail("test", "no ", name);
}

}  // namespace

TEST_CASE("a model's weights and what belongs to them come back") {
    const SavedWeights saved;
    const Weights read = read_weights(saved.path);
    REQUIRE(read.info);
    CHECK(read.info->model == "mini_xception");
    CHECK(read.info->classes == kInfo.classes);
    CHECK(read.info->normalization.name == "half");
    CHECK(read.info->normalization.scale == kInfo.normalization.scale);
    CHECK(read.info->normalization.shift == kInfo.normalization.shift);
    const std::unique_ptr<Module> other = make_model("mini_xception", {3, 2});
    load_weights(*other, "mini_xception", read);
    const NamedTensors want = saved.model->state(), got = other->state();
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
        INFO(want[i].name);
        CHECK(std::equal(got[i].tensor.raw_data(), got[i].tensor.raw_data() + got[i].tensor.bytes(),
                         want[i].tensor.raw_data()));
    }
}

TEST_CASE("float32 weights go into a float64 model and back") {
    const SavedWeights saved;
    const std::unique_ptr<Module> wide = make_model("mini_xception", {3, 2});
    wide->to(DType::float64);
    load_weights(*wide, "mini_xception", read_weights(saved.path));
    CHECK(wide->parameters().front().tensor.data<double>()[0] ==
          SavedWeights::first_weights(*saved.model)[0]);
    save_weights(saved.folder / "wide.safetensors", *wide, kInfo);
    const std::unique_ptr<Module> narrow = make_model("mini_xception", {3, 3});
    load_weights(*narrow, "mini_xception", read_weights(saved.folder / "wide.safetensors"));
    CHECK((SavedWeights::first_weights(*narrow) == SavedWeights::first_weights(*saved.model)));
}

TEST_CASE("a file without tern's metadata is loaded by its names") {
    const SavedWeights saved;
    Safetensors content = read_safetensors(saved.path);
    content.metadata = {{"format", "pt"}};
    write_safetensors(saved.path, content);
    const Weights read = read_weights(saved.path);
    CHECK_FALSE(read.info);
    const std::unique_ptr<Module> other = make_model("mini_xception", {3, 2});
    load_weights(*other, "mini_xception", read);
    CHECK((SavedWeights::first_weights(*other) == SavedWeights::first_weights(*saved.model)));
}

TEST_CASE("weights go into a model with another head") {
    const SavedWeights saved;
    const std::unique_ptr<Module> other = make_model("mini_xception", {7, 2});
    const Weights read = read_weights(saved.path);
    CHECK_THROWS_WITH(load_weights(*other, "mini_xception", read),
                      test::at(saved.path) +
                          "head.fc2.weight is float32 (3,64), expected float32 (7,64), head.fc2.bias is "
                          "float32 (3), expected float32 (7)");
    const std::vector<float> head = values_of(*other, "head.fc2.weight");
    load_weights(*other, "mini_xception", read, {"head.fc2"});
    CHECK((SavedWeights::first_weights(*other) == SavedWeights::first_weights(*saved.model)));
    CHECK((values_of(*other, "head.fc1.weight") == values_of(*saved.model, "head.fc1.weight")));
    CHECK((values_of(*other, "head.fc2.weight") == head));
}

TEST_CASE("weights of another model are named") {
    const SavedWeights saved;
    const std::unique_ptr<Module> dense = make_model("mini_xception_dense", {3, 0});
    CHECK_THROWS_WITH(load_weights(*dense, "mini_xception_dense", read_weights(saved.path)),
                      test::at(saved.path) + "holds weights of mini_xception, expected mini_xception_dense");
}

TEST_CASE("missing, unexpected, misshapen and mistyped tensors are named, and nothing is changed") {
    const SavedWeights saved;
    saved.check_error(
        [](Safetensors& content) {
            std::erase_if(content.tensors,
                          [](const NamedTensor& named) { return named.name == "head.fc2.bias"; });
        },
        "the names do not fit the model: missing head.fc2.bias");
    saved.check_error(
        [](Safetensors& content) {
            content.tensors.push_back({"extra", Tensor::zeros({1})});
        },
        "the names do not fit the model: unexpected extra");
    saved.check_error(
        [](Safetensors& content) {
            find(content, "head.fc2.weight") = Tensor::zeros({10, 64});
        },
        "head.fc2.weight is float32 (10,64), expected float32 (3,64)");
    saved.check_error(
        [](Safetensors& content) { find(content, "head.fc2.bias") = Tensor::zeros({3}, DType::int32); },
        "head.fc2.bias is int32 (3), expected float32 (3)");
}

TEST_CASE("weights of 16 bits are rounded numbers of their own, and loaded") {
    const SavedWeights saved;
    const std::vector<float> exact = SavedWeights::first_weights(*saved.model);
    for (const DType dtype : {DType::float16, DType::bfloat16}) {
        Safetensors content = read_safetensors(saved.path);
        for (auto& [name, tensor] : content.tensors) tensor = cast(tensor, dtype);  // the counts, too
        write_safetensors(saved.folder / "half.safetensors", content);
        const std::unique_ptr<Module> other = make_model("mini_xception", {3, 2});
        load_weights(*other, "mini_xception", read_weights(saved.folder / "half.safetensors"));
        const std::vector<float> read = SavedWeights::first_weights(*other);
        CHECK(read != exact);
        for (std::size_t i = 0; i < exact.size(); ++i)
            CHECK(!(std::abs(read[i] - exact[i]) > epsilon_of(dtype) / 2 * std::abs(exact[i]) + 0x1p-25));
    }
}

TEST_CASE("what PyTorch's wrappers put before names is taken off") {
    const SavedWeights saved;
    const auto renamed = [](const std::string& name, const std::string& way) {
        const std::size_t dot = name.find('.');
        return way == "inside" ? name.substr(0, dot) + "._orig_mod" + name.substr(dot) : way + name;
    };
    for (const std::string way :
         {"module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "module.module.", "model.",
          "net.", "backbone.", "state_dict.model.module.", "inside", "_fsdp_wrapped_module."}) {
        INFO(way);
        Safetensors content = read_safetensors(saved.path);
        for (auto& [name, tensor] : content.tensors) name = renamed(name, way);
        write_safetensors(saved.folder / "wrapped.safetensors", content);
        const Weights weights = read_weights(saved.folder / "wrapped.safetensors");
        const std::unique_ptr<Module> other = make_model("mini_xception", {3, 2});
        load_weights(*other, "mini_xception", weights);
        CHECK((SavedWeights::first_weights(*other) == SavedWeights::first_weights(*saved.model)));
        CHECK(Predictor(weights).classes().size() == 3);
    }
}

TEST_CASE("names that only some tensors have before theirs are told as they stand") {
    const SavedWeights saved;
    saved.check_error([](Safetensors& content) { content.tensors[0].name.insert(0, "model."); },
                      Catch::Contains("missing ") && Catch::Contains("unexpected model."));
    // Twice the same name, once with a wrapper's part.
    saved.check_error(
        [](Safetensors& content) {
            content.tensors.push_back({"module." + content.tensors[0].name, content.tensors[0].tensor});
        },
        Catch::Contains("unexpected module."));
}

TEST_CASE("a network's own part that is called as a wrapper's stays") {
    const NamedTensors own{{"module.weight", Tensor::zeros({1})}, {"module.bias", Tensor::zeros({1})}};
    CHECK(with_names_of(own, own)[1].name == "module.bias");
    CHECK(with_names_of(own, {{"net.module.bias", Tensor::zeros({1})}, {"net.x", Tensor::zeros({1})}})[0]
              .name == "net.module.bias");
    CHECK(with_names_of(own, {}).empty());
    CHECK(with_names_of(own, {{"", Tensor::zeros({1})}, {"module", Tensor::zeros({1})}})[1].name == "module");
}

TEST_CASE("a head of another number of classes is told, and nothing else is one") {
    const SavedWeights saved;
    const std::unique_ptr<Module> seven = make_model("mini_xception", {7, 2});
    const std::optional<OtherHead> head = other_head(*seven, read_weights(saved.path));
    REQUIRE(head);
    CHECK(head->layer == "head.fc2");
    CHECK(head->classes == 3);
    CHECK_FALSE(other_head(*saved.model, read_weights(saved.path)));
    const auto none = [&](const std::function<void(Safetensors&)>& change) {
        Safetensors content = read_safetensors(saved.path);
        change(content);
        write_safetensors(saved.folder / "changed.safetensors", content);
        CHECK_FALSE(other_head(*seven, read_weights(saved.folder / "changed.safetensors")));
    };
    none([](Safetensors& content) { find(content, "head.fc2.weight") = Tensor::zeros({3, 65}); });
    none([](Safetensors& content) { find(content, "head.fc2.weight") = Tensor::zeros({4, 64}); });
    none([](Safetensors& content) { find(content, "head.fc2.bias") = Tensor::zeros({0}); });
    none([](Safetensors& content) { find(content, "head.fc2.bias") = Tensor::zeros({}); });
    none([](Safetensors& content) {
        std::erase_if(content.tensors,
                      [](const NamedTensor& named) { return named.name == "head.fc2.weight"; });
    });
}

TEST_CASE("what else may be named as a weight file is told") {
    const SavedWeights saved;
    CHECK_THROWS_WITH(
        read_weights(saved.folder.path()),
        test::at(saved.folder.path()) +
            "is a folder, expected a safetensors file; name the file in it: " + saved.path.string());
    for (const char* name : {"last.safetensors", "best.safetensors"}) {
        std::filesystem::copy_file(saved.path, saved.folder / name);
        CHECK_THROWS_WITH(read_weights(saved.folder.path()),
                          Catch::EndsWith("; name the file in it: " + (saved.folder / name).string()));
    }
    std::filesystem::create_directory(saved.folder / "saved");
    CHECK_THROWS_WITH(read_weights(saved.folder / "saved"), Catch::EndsWith("expected a safetensors file"));
    test::write_text(saved.folder / "saved" / "saved_model.pb", "");
    CHECK_THROWS_WITH(read_weights(saved.folder / "saved"),
                      test::at(saved.folder / "saved") +
                          "is a folder, expected a safetensors file; it holds a TensorFlow SavedModel");
    const std::filesystem::path state = saved.folder / "state.safetensors";
    write_training_state(state, {});
    CHECK_THROWS_WITH(read_weights(state), test::at(state) +
                                               "is the training state of a checkpoint; its weights are in "
                                               "weights.safetensors beside it");
    write_safetensors(state, {});
    CHECK_THROWS_WITH(read_weights(state), test::at(state) + "holds no tensors");
    const std::string header = R"({"w":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}})";
    test::write_text(state, static_cast<char>(header.size()) + std::string(7, '\0') + header + "x");
    CHECK_THROWS_WITH(read_weights(state),
                      test::at(state) + "tensor w has elements of type F4, which no model of tern has");
}

TEST_CASE("metadata that is nested a million levels deep is refused") {
    const std::string deep(1'000'000, '['),
        open = R"({"name":)" + deep + std::string(deep.size(), ']') + "}",
        scale = R"({"name":"x","scale":)" + deep + std::string(deep.size(), ']') + "}";
    for (const std::string& normalization : {open, scale}) {
        CHECK_THROWS_WITH(parse_weights_info("file", {{"format_version", "1"},
                                                      {"model", "x"},
                                                      {"classes", R"(["a"])"},
                                                      {"normalization", normalization}}),
                          Catch::StartsWith("[file] its metadata has "));
    }
}

TEST_CASE("what is not normalised is read as it was saved, and what cannot be read is not written") {
    const test::TemporaryFolder folder;
    const auto model = make_model("mlp");
    const std::filesystem::path file = folder.path() / "w.safetensors";
    save_weights(file, *model, WeightsInfo{.model = "mlp", .classes = {"a", "b"}});
    const Weights read = read_weights(file);
    REQUIRE(read.info);
    CHECK(read.info->normalization.scale.empty());
    CHECK(read.info->normalization.shift.empty());
    const std::filesystem::path none = folder.path() / "none.safetensors";
    CHECK_THROWS_WITH(
        save_weights(
            none, *model,
            WeightsInfo{.model = "mlp", .classes = {"a"}, .normalization = fixed_normalization("unit", 2)}),
        Catch::EndsWith(
            "its metadata has a scale of 2 numbers, expected 3, one for each channel of its images, "
            "or none"));
    CHECK_THROWS_WITH(save_weights(none, *model, WeightsInfo{.model = "mlp"}),
                      Catch::EndsWith("its metadata has no valid classes"));
    CHECK(!std::filesystem::exists(none));
}

TEST_CASE("metadata is checked") {
    const SavedWeights saved;
    saved.check_error([](Safetensors& content) { content.metadata["format_version"] = "2"; },
                      "has format version 2, this tern reads 1");
    saved.check_error([](Safetensors& content) { content.metadata.erase("model"); },
                      "its metadata has no valid model");
    saved.check_error([](Safetensors& content) { content.metadata["classes"] = "[1,2]"; },
                      "its metadata has no valid classes");
    saved.check_error([](Safetensors& content) { content.metadata["classes"] = "{"; },
                      "its metadata has no valid classes");
    saved.check_error([](Safetensors& content) { content.metadata["normalization"] = R"({"name":"unit"})"; },
                      "its metadata has no valid scale");
    saved.check_error([](Safetensors& content) { content.metadata["normalization"] = "[]"; },
                      "its metadata has no valid normalization");
}
