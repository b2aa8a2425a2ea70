// What each network is: its size, the names of its weights, and the images that it takes.
#include <set>

#include "tern/models/describe.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

std::set<std::string> names(std::string_view model) {
    std::set<std::string> result;
    for (const NamedTensor& named : make_model(model)->state()) result.insert(named.name);
    return result;
}

// Adds `prefix` + each name.
void add(std::set<std::string>& all, const std::string& prefix, const std::vector<std::string>& own) {
    for (const std::string& name : own) all.insert(prefix + name);
}

const std::vector<std::string> kNorm{".weight", ".bias", ".running_mean", ".running_var",
                                     ".num_batches_tracked"};
const std::vector<std::string> kLinear{".weight", ".bias"};

}  // namespace

TEST_CASE("every network has the parameters and multiply-adds of its table") {
    struct Row {
        const char* name;
        std::int64_t parameters, multiply_adds;
    };
    const std::vector<Row> rows{
        {"mini_xception", 94'474, 84'976'256},   {"mini_xception_dense", 391'050, 397'247'744},
        {"resnet20", 269'722, 40'551'040},       {"wrn_16_1", 175'066, 26'657'408},
        {"mobilenet_v2", 2'296'922, 91'154'944}, {"lenet5", 62'006, 651'720},
        {"mlp", 1'841'162, 1'840'128},           {"tiniest", 97'338, 34'297'472},
    };
    REQUIRE(rows.size() == all_models().size());
    for (const Row& row : rows) {
        INFO(row.name);
        const ModelDescription description = describe(*make_model(row.name), {1, 32, 32, 3});
        CHECK(description.total.parameters == row.parameters);
        CHECK(description.total.multiply_adds == row.multiply_adds);
    }
}

TEST_CASE("networks take other sizes, channels and classes") {
    for (const ModelInfo& info : all_models()) {
        INFO(info.name);
        const auto model =
            make_model(info.name, {.classes = 7, .seed = 1, .channels = 1, .height = 21, .width = 26});
        CHECK(describe(*model, {2, 21, 26, 1}).total.output == Shape{2, 7});
        CHECK_THROWS_AS((*model)(Tensor::zeros({2, 21, 26, 3})), Error);
    }
}

TEST_CASE("lenet5 and mlp are for one size") {
    CHECK(describe(*make_model("lenet5", {.height = 16, .width = 16}), {1, 16, 16, 3}).total.output ==
          Shape{1, 10});
    CHECK_THROWS_WITH(make_model("lenet5", {.height = 16, .width = 15}),
                      "[lenet5] height and width must be at least 16, got 16 and 15");
    CHECK(make_model("mlp", {.channels = 1, .height = 28, .width = 28})->parameter_count() == 669'706);
    CHECK_THROWS_AS((*make_model("mlp"))(Tensor::zeros({1, 32, 31, 3})), Error);
}

TEST_CASE("resnet20 has the names of its weight files") {
    std::set<std::string> expected{"conv1.weight"};
    add(expected, "bn1", kNorm);
    for (const char* stage : {"layer1", "layer2", "layer3"})
        for (const char* block : {".0", ".1", ".2"})
            for (const char* place : {"1", "2"}) {
                expected.insert(to_text(stage, block, ".conv", place, ".weight"));
                add(expected, to_text(stage, block, ".bn", place), kNorm);
            }
    add(expected, "linear", kLinear);
    CHECK(names("resnet20") == expected);
}

TEST_CASE("wrn_16_1 has the names of its weight files") {
    std::set<std::string> expected{"conv1.weight", "block2.layer.0.convShortcut.weight",
                                   "block3.layer.0.convShortcut.weight"};
    for (const char* group : {"block1", "block2", "block3"})
        for (const char* block : {".layer.0", ".layer.1"})
            for (const char* place : {"1", "2"}) {
                expected.insert(to_text(group, block, ".conv", place, ".weight"));
                add(expected, to_text(group, block, ".bn", place), kNorm);
            }
    add(expected, "bn1", kNorm);
    add(expected, "fc", kLinear);
    CHECK(names("wrn_16_1") == expected);
}

TEST_CASE("mobilenet_v2 has the names of its weight files") {
    std::set<std::string> expected{"conv1.weight", "conv2.weight"};
    add(expected, "bn1", kNorm);
    add(expected, "bn2", kNorm);
    for (int block = 0; block < 17; ++block)
        for (const char* place : {"1", "2", "3"}) {
            expected.insert(to_text("layers.", block, ".conv", place, ".weight"));
            add(expected, to_text("layers.", block, ".bn", place), kNorm);
        }
    for (const int block : {0, 1, 10, 16}) {  // new channels and stride 1
        expected.insert(to_text("layers.", block, ".shortcut.0.weight"));
        add(expected, to_text("layers.", block, ".shortcut.1"), kNorm);
    }
    add(expected, "linear", kLinear);
    CHECK(names("mobilenet_v2") == expected);
}

TEST_CASE("lenet5 and mlp have the names of their weight files") {
    std::set<std::string> lenet5, mlp;
    for (const char* layer : {"conv1", "conv2", "fc1", "fc2", "fc3"}) add(lenet5, layer, kLinear);
    for (const char* layer : {"fc1", "fc2", "fc3"}) add(mlp, layer, kLinear);
    CHECK(names("lenet5") == lenet5);
    CHECK(names("mlp") == mlp);
}

TEST_CASE("tiniest has the names of its weight files, and sees the picture early") {
    std::set<std::string> expected{"down1.conv.depthwise.weight", "down2.conv.depthwise.weight"};
    for (const char* block :
         {"stage1.0", "stage1.1", "stage1.2", "stage2.0", "stage2.1", "stage2.2", "stage3.0"})
        for (const char* layer : {".norm", ".gate", ".value", ".depthwise", ".project"})
            add(expected, to_text(block, layer), kLinear);
    for (const char* layer :
         {"stem", "down1.norm", "down1.conv.pointwise", "down2.norm", "down2.conv.pointwise", "norm", "fc"})
        add(expected, layer, kLinear);
    CHECK(names("tiniest") == expected);
    CHECK(make_model("tiniest")->parameter_count() <= 100'000);
}
