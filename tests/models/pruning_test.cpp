// Every model can be pruned, saved, loaded and trained on.
#include "tern/core/autograd.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/layers/pruned_like.hpp"
#include "tern/tests/layers/trained.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/training/complete_info.hpp"
#include "tern/training/ready_model.hpp"
#include "tern/training/weights.hpp"

using namespace tern;

namespace {

const Shape kImage{16, 16, 3};

WeightsInfo info_of(const std::string& name) {
    return {name, {"a", "b", "c", "d"}, fixed_normalization("half", 3), kImage};
}

struct PrunedFile : test::TemporaryFolder {
    explicit PrunedFile(const std::string& name = "lenet5") : info(info_of(name)), model(model_for(info)) {
        const NamedTensors made = model->state();
        prune_model(*model, kImage, {.rate = 0.5, .multiple = 2});
        info.widths = widths_of(made, model->state());
        save_weights(file, *model, info);
    }
    std::string file = (*this / "pruned.safetensors").string();
    WeightsInfo info;
    std::unique_ptr<Module> model;
};

}  // namespace

TEST_CASE("every model without channels that give zeros computes what it did") {
    for (const ModelInfo& info : all_models()) {
        INFO(info.name);
        const Shape image = info.name == "lenet5" ? kImage : Shape{8, 8, 3};  // that one needs 16 pixels
        const auto model =
            make_model(info.name, {.classes = 4, .seed = 3, .height = image[0], .width = image[1]});
        model->to(DType::float64);
        test::pretend_trained(*model, 5);
        const std::vector<PrunedGroup> groups = test::check_silent_half_goes(*model, image, 7);
        for (const PrunedGroup& group : groups) {
            INFO(group.name);
            CHECK(group.after < group.before);
        }
    }
}

TEST_CASE("a pruned model of every kind is saved, loaded and takes a step of training") {
    for (const ModelInfo& info : all_models()) {
        INFO(info.name);
        const PrunedFile pruned(info.name);
        const Weights weights = read_weights(pruned.file);
        CHECK(weights.info->widths == pruned.info.widths);
        const auto loaded = model_for(*weights.info);
        load_weights(*loaded, info.name, weights);
        const Tensor images = cases::make_tensor({{2, 16, 16, 3}, -1, 1}, DType::float32, 4);
        CHECK(cases::to_doubles(evaluated(*loaded, images)) ==
              cases::to_doubles(evaluated(*pruned.model, images)));
        load_weights(*loaded, info.name, weights);  // again, into one that is narrow
        loaded->train();
        backward(
            softmax_cross_entropy((*loaded)(images), Tensor::from({2}, std::vector<std::int32_t>{3, 0})));
        for (const NamedTensor& parameter : loaded->parameters())
            CHECK(parameter.tensor.grad().shape() == parameter.tensor.shape());
    }
}

TEST_CASE("a file whose widths or tensors do not fit is refused, and the model stays") {
    const PrunedFile pruned;
    const std::string file = pruned.file;
    const auto check = [&](const WeightsInfo& info, const NamedTensors& tensors, const std::string& message) {
        const auto model = model_for(info_of("lenet5"));
        const Shape before = model->state()[0].tensor.shape();
        CHECK_THROWS_WITH(load_weights(*model, "lenet5", {file, info, tensors}), Catch::Contains(message));
        CHECK(model->state()[0].tensor.shape() == before);
    };
    const Weights weights = read_weights(file);
    WeightsInfo info = *weights.info;
    info.widths["conv2.bias"] = {6};
    check(info, weights.tensors,
          "[" + file + "] its widths do not fit one another: conv2.bias has 6 along axis 0, expected 8");
    info = *weights.info;
    info.widths.erase("fc1.weight");
    check(info, weights.tensors, "[" + file + "] its widths do not fit one another: fc1.weight has ");
    info = *weights.info;
    info.widths.clear();
    check(info, weights.tensors,
          "[" + file + "] conv1.weight is float32 (4,3,5,5), expected float32 (6,3,5,5)");
    NamedTensors tensors = model_for(info_of("lenet5"))->state();
    check(*weights.info, tensors,
          "[" + file + "] conv1.weight is float32 (6,3,5,5), expected float32 (4,3,5,5)");
}

TEST_CASE("widths in metadata are numbers by names, whatever else a file holds") {
    const auto metadata = weights_metadata(PrunedFile().info);
    CHECK(parse_weights_info("f", metadata)->widths == PrunedFile().info.widths);
    for (const char* text : {"", "{", "[]", "3", "null", "\"a\"", "{\"a\": 3}", "{\"a\": [-1]}",
                             "{\"a\": [1.5]}", "{\"a\": [[1]]}", "{\"a\": [\"1\"]}", "{\"a\": [1e30]}",
                             "{\"a\": [18446744073709551615]}", "{\"a\": {\"b\": 1}}", "{\"a\": [null]}"}) {
        INFO(text);
        auto damaged = metadata;
        damaged["widths"] = text;
        CHECK_THROWS_WITH(parse_weights_info("f", damaged), "[f] its metadata has no valid widths");
    }
    CHECK(parse_widths("f", "{\"a\": [9223372036854775807, 0]}") ==
          Widths{{"a", {std::numeric_limits<std::int64_t>::max(), 0}}});
    // Any change of one byte is taken or refused with an Error, by the parser or by narrow().
    const std::string text = metadata.at("widths");
    for (std::size_t i = 0; i < text.size(); ++i)
        for (const char changed : {'0', '9', '"', ']', '-', '\xff'}) {
            auto damaged = metadata;
            damaged["widths"][i] = changed;
            try {
                const WeightsInfo info = *parse_weights_info("f", damaged);
                const auto model = model_for(info_of("lenet5"));
                narrow(*model, info.widths, kImage, "f");
            } catch (const Error& error) {
                CHECK(error.where() == "f");
            }
        }
}

TEST_CASE("a new head for other classes reads the channels that are left") {
    const PrunedFile pruned;
    const Weights weights = read_weights(pruned.file);
    const auto model = make_model("lenet5", {.classes = 7, .height = 16, .width = 16});
    const auto head = other_head(*model, weights);
    REQUIRE(head);
    CHECK(head->layer == "fc3");
    CHECK(head->classes == 4);
    load_weights(*model, "lenet5", weights, {head->layer});
    CHECK(output_of_zeros(*model, {1, 16, 16, 3}).shape() == Shape{1, 7});
    CHECK(model->parameters().back().tensor.numel() == 7);
}
