// A program's own model in the registry.
#include <thread>

#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/sequential.hpp"
#include "tern/models/describe.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

std::unique_ptr<Module> make_average(const ModelOptions& options) {
    auto model = std::make_unique<Sequential>();
    model->append<GlobalAveragePool>();
    model->append<Linear>(options.channels, options.classes);
    model->initialize(Initialization::pytorch, options.seed);
    return model;
}

// As a static object of a program does it, before main().
[[maybe_unused]] const bool kRegistered = (register_model({"before-main", make_average}), true);

std::string name_of_thread(std::size_t thread, std::size_t i) { return to_text("model-", thread, '-', i); }

}  // namespace

TEST_CASE("a model of one's own is made by its name") {
    const std::span<const ModelInfo> before = all_models();
    const ModelInfo& first = before.front();
    register_model({.name = "average", .make = make_average, .image = {6, 5, 2}, .epochs = 3});
    CHECK(all_models().size() == before.size() + 1);
    CHECK(all_models().back().name == "average");
    CHECK(find_model("average").epochs == 3);
    CHECK(find_model("average").normalization == "half");
    CHECK_THAT(model_names(), Catch::EndsWith(", average"));
    // Images as its row has them, where nothing else is said.
    CHECK(describe(*make_model("average"), {1, 6, 5, 2}).total.output == Shape{1, 10});
    CHECK(describe(*make_model("average", {.classes = 4, .channels = 3}), {2, 9, 9, 3}).total.output ==
          Shape{2, 4});
    CHECK(make_model("before-main")->parameter_count() == 40);
    // What was asked for before stays.
    CHECK(first.name == "mini_xception");
    CHECK(before.back().name == "before-main");
}

TEST_CASE("a wrong row is refused") {
    const std::size_t count = all_models().size();
    const auto refuses = [](ModelInfo info, const char* message) {
        CHECK_THROWS_WITH(register_model(std::move(info)), message);
    };
    refuses({"mini_xception_dense", make_average}, "[model] the name \"mini_xception_dense\" is taken");
    refuses({"", make_average}, "[model] a name is of letters, digits, '_' and '-', got \"\"");
    refuses({"a b", make_average}, "[model] a name is of letters, digits, '_' and '-', got \"a b\"");
    refuses({"x", nullptr}, "[model] x has no function that makes it");
    refuses({.name = "x", .make = make_average, .image = {32, 32}},
            "[model] the image of x must be (H, W, C), got (32,32)");
    refuses({.name = "x", .make = make_average, .image = {32, 0, 3}},
            "[model] each extent of the image must be at least 1, got 0");
    refuses({.name = "x", .make = make_average, .batch_size = 0},
            "[model] the batch size must be at least 1, got 0");
    refuses({.name = "x", .make = make_average, .epochs = -1},
            "[model] the number of epochs must be at least 1, got -1");
    refuses({.name = "x", .make = make_average, .adam_epsilon = 0},
            "[model] Adam's epsilon must be above 0, got 0");
    CHECK(all_models().size() == count);

    register_model({"nothing", [](const ModelOptions&) { return nullptr; }});
    CHECK_THROWS_WITH(make_model("nothing"), "[model] the function of nothing made none");
}

TEST_CASE("threads register models while others look for them") {
    constexpr std::size_t kThreads = 4, kModels = 20;
    const std::size_t count = all_models().size();
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (std::size_t t = 0; t < kThreads; ++t)
        threads.emplace_back([t] {
            for (std::size_t i = 0; i < kModels; ++i) {
                register_model({name_of_thread(t, i), make_average});
                if (find_model(name_of_thread(t, i)).batch_size != 64) std::terminate();
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(all_models().size() == count + kThreads * kModels);
    for (std::size_t t = 0; t < kThreads; ++t)
        for (std::size_t i = 0; i < kModels; ++i) CHECK(make_model(name_of_thread(t, i)) != nullptr);
}
