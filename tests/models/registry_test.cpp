#include "tern/models/registry.hpp"

#include <cmath>

#include "tern/core/fill.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/layers/state.hpp"
#include "tern/models/describe.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

std::string join(const NamedTensors& tensors) {
    std::string text;
    for (const NamedTensor& named : tensors) text += named.name + ' ';
    return text;
}

Tensor named(const NamedTensors& tensors, const std::string& name) {
    for (const NamedTensor& entry : tensors) {
        if (entry.name == name) return entry.tensor;
    }
    FAIL("no tensor " << name);
    return {};
}

double largest(const Tensor& tensor) {
    double result = 0;
    for (const double value : cases::to_doubles(tensor)) result = std::max(result, std::fabs(value));
    return result;
}

const LayerDescription& layer(const ModelDescription& description, const std::string& name) {
    for (const LayerDescription& row : description.layers) {
        if (row.name == name) return row;
    }
    FAIL("no layer " << name);
    return description.total;
}

}  // namespace

TEST_CASE("models are made by name") {
    for (const ModelInfo& info : all_models()) {
        CHECK(make_model(info.name)->training());
        CHECK_THAT(", " + model_names() + ", ", Catch::Contains(to_text(", ", info.name, ", ")));
    }
    CHECK_THROWS_WITH(make_model("resnet"), to_text("[model] no model \"resnet\", only ", model_names()));
    CHECK_THROWS_WITH(make_model("mini_xception", {.classes = 0}),
                      "[model] classes must be at least 1, got 0");
    CHECK_THROWS_WITH(make_model("mini_xception", {.channels = -1}),
                      "[model] channels must be at least 1, got -1");
    CHECK_THROWS_WITH(make_model("mini_xception", {.height = -2}),
                      "[model] height must be at least 1, got -2");
    CHECK_THROWS_WITH(make_model("mini_xception", {.width = -3}), "[model] width must be at least 1, got -3");
    CHECK(find_model("mini_xception").adam_epsilon == 1e-7);
    CHECK(find_model("mini_xception").batch_size == 32);
    CHECK(find_model("mini_xception").normalization == "unit");
    CHECK(find_model("mini_xception_dense").adam_epsilon == 1e-8);
    CHECK(find_model("mini_xception_dense").batch_size == 64);
    CHECK(find_model("mini_xception_dense").normalization == "half");
}

TEST_CASE("mini_xception has the names of its weight files") {
    std::string expected;
    const auto bn = [](const std::string& name) { return name + ".weight " + name + ".bias "; };
    const auto sep = [](const std::string& name) {
        return name + ".depthwise.weight " + name + ".pointwise.weight " + name + ".pointwise.bias ";
    };
    expected += "entry.conv1.weight entry.conv1.bias " + bn("entry.bn1");
    expected += "entry.conv2.weight entry.conv2.bias " + bn("entry.bn2");
    for (const std::string block : {"middle.0", "middle.1", "middle.2", "middle.3", "exit"}) {
        expected += sep(block + ".sep1") + bn(block + ".bn1") + sep(block + ".sep2") + bn(block + ".bn2");
    }
    expected += "head.fc1.weight head.fc1.bias head.fc2.weight head.fc2.bias ";
    const auto model = make_model("mini_xception");
    CHECK(join(model->parameters()) == expected);
    CHECK(named(model->buffers(), "exit.bn2.running_var").shape() == Shape{128});
    CHECK(named(model->buffers(), "middle.3.bn1.num_batches_tracked").dtype() == DType::int64);
}

TEST_CASE("mini_xception_dense has the names of its weight files") {
    std::string expected;
    for (const std::string prefix :
         {"conv1", "bn1", "conv2", "bn2", "middle_flow.0", "middle_flow.1", "middle_flow.3", "middle_flow.4",
          "middle_flow.6", "middle_flow.7", "middle_flow.9", "middle_flow.10", "exit_flow.0", "exit_flow.1",
          "exit_flow.3", "exit_flow.4", "fc"}) {
        expected += prefix + ".weight " + prefix + ".bias ";
    }
    const auto model = make_model("mini_xception_dense");
    CHECK(join(model->parameters()) == expected);
    CHECK(model->buffers().size() == 8 * 3);
}

TEST_CASE("every batch norm of a model corrects its statistics if asked to") {
    for (const ModelInfo& info : all_models()) {
        for (const bool corrected : {false, true}) {
            const auto model = make_model(info.name, {.bias_correction = corrected});
            // Ones in every running mean, and counts of 0: a correcting layer takes them for old.
            for (const auto& [name, tensor] : model->buffers()) {
                if (name.ends_with("running_mean")) fill(tensor, 1);
            }
            load_state(*model, model->state());
            for (const auto& [name, tensor] : model->buffers()) {
                INFO(name);
                if (name.ends_with("num_batches_tracked")) CHECK((tensor.item() > 0) == corrected);
            }
        }
    }
}

TEST_CASE("the description of mini_xception adds up") {
    const auto model = make_model("mini_xception");
    const ModelDescription description = describe(*model, {1, 32, 32, 3});
    CHECK(description.total.parameters == 94474);
    CHECK(description.total.parameters + description.total.running == 96202);
    CHECK(description.total.multiply_adds == 84976256);
    CHECK(description.total.output == Shape{1, 10});
    CHECK(layer(description, "exit.sep2.depthwise").output == Shape{1, 32, 32, 128});
    CHECK(layer(description, "exit.sep2.depthwise").multiply_adds == 1024 * 128 * 9);
    CHECK(layer(description, "exit.pool").output == Shape{1, 16, 16, 128});
    CHECK(layer(description, "middle.2.bn2").type == "BatchNorm2d");
    CHECK(layer(description, "middle.2.bn1").type == "BatchNorm2d+relu");
    CHECK(layer(description, "entry.conv2").activation_bytes == 4 * 1024 * 64);
    std::int64_t parameters = 0, multiply_adds = 0;
    for (const LayerDescription& row : description.layers) {
        parameters += row.parameters;
        multiply_adds += row.multiply_adds;
    }
    CHECK(parameters == description.total.parameters);
    CHECK(multiply_adds == description.total.multiply_adds);
    CHECK(model->training());
    CHECK(named(model->buffers(), "entry.bn1.num_batches_tracked").item() == 0);
}

TEST_CASE("the description of mini_xception_dense adds up") {
    const auto model = make_model("mini_xception_dense", {.classes = 7});
    const ModelDescription seven = describe(*model, {2, 32, 32, 3});
    CHECK(seven.total.output == Shape{2, 7});
    const ModelDescription ten = describe(*make_model("mini_xception_dense"), {1, 32, 32, 3});
    CHECK(ten.total.parameters == 391050);
    CHECK(ten.total.parameters - seven.total.parameters == 3 * 129);
    CHECK(layer(ten, "pool").output == Shape{1, 16, 16, 128});
    CHECK(layer(ten, "middle_flow.9").multiply_adds == 1024 * 64 * 64 * 9);
}

TEST_CASE("initial weights follow each framework and the seed") {
    const auto keras = make_model("mini_xception", {.seed = 3});
    const double limit = std::sqrt(6.0 / (9 * 64 + 9));  // 0.101
    const double found = largest(named(keras->parameters(), "middle.0.sep1.depthwise.weight"));
    CHECK((found <= limit && found > 0.98 * limit));
    CHECK(largest(named(keras->parameters(), "entry.conv1.bias")) == 0);
    CHECK(cases::to_doubles(named(keras->parameters(), "entry.bn1.weight")) == std::vector<double>(32, 1));

    const auto pytorch = make_model("mini_xception_dense", {.seed = 3});
    const double bias = largest(named(pytorch->parameters(), "fc.bias"));
    CHECK((bias <= 1 / std::sqrt(128.0) && bias > 0));

    for (const ModelInfo& info : all_models()) {
        const auto first = make_model(info.name, {.seed = 4}), same = make_model(info.name, {.seed = 4});
        const auto other = make_model(info.name, {.seed = 5});
        const NamedTensors a = first->state(), b = same->state(), c = other->state();
        for (std::size_t i = 0; i < a.size(); ++i) {
            CHECK(cases::to_doubles(a[i].tensor) == cases::to_doubles(b[i].tensor));
            const bool drawn = a[i].tensor.rank() > 1;
            if (drawn) CHECK(cases::to_doubles(a[i].tensor) != cases::to_doubles(c[i].tensor));
        }
    }
}
