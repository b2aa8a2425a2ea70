// A predictor gives what the model itself gives for the images as it takes them.
#include "tern/training/predictor.hpp"

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "tern/core/autograd.hpp"
#include "tern/core/files/safetensors.hpp"
#include "tern/data/image.hpp"
#include "tern/kernels/softmax/softmax.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

Tensor make_image(std::int64_t height, std::int64_t width, int seed) {
    const Tensor image = Tensor::empty({height, width, 3}, DType::uint8);
    int value = seed;
    for (std::uint8_t& byte : image.elements<std::uint8_t>())
        byte = static_cast<std::uint8_t>(value = value * 73 % 251);
    return image;
}

struct SavedModel {
    explicit SavedModel(const std::string& name = "mini_xception") : model(make_model(name, {4, 7})) {
        save_weights(path, *model,
                     WeightsInfo{name, {"a", "b", "c", "d"}, {"half", {0.01, 0.02, 0.03}, {-1, 0, 0.5}}});
        model->eval();
    }
    // The same weights as another program writes them.
    Weights foreign() const {
        Safetensors content = read_safetensors(path);
        content.metadata.clear();
        write_safetensors(folder / "foreign.safetensors", content);
        return read_weights(folder / "foreign.safetensors");
    }
    test::TemporaryFolder folder;
    std::filesystem::path path = folder / "weights.safetensors";
    std::unique_ptr<Module> model;
};

}  // namespace

TEST_CASE("probabilities are the softmax of the model's logits, whatever the batch") {
    const SavedModel saved;
    const Predictor predictor(read_weights(saved.path), {.batch_size = 2});
    CHECK(predictor.model_name() == "mini_xception");
    CHECK((predictor.classes() == std::vector<std::string>{"a", "b", "c", "d"}));
    CHECK(predictor.image_size() == 32);
    const Tensors images{make_image(32, 32, 1), make_image(50, 40, 2), make_image(5, 60, 3)};
    const Tensor all = predictor.probabilities(images);
    REQUIRE((all.shape() == Shape{3, 4}));

    const NoGrad no_grad;
    for (std::int64_t n = 0; n < 3; ++n) {
        const Tensor fitted = fit_image(images[static_cast<std::size_t>(n)], 32);
        const Tensor input = Tensor::empty({1, 32, 32, 3});
        const double scale[]{0.01, 0.02, 0.03}, shift[]{-1, 0, 0.5};
        for (std::int64_t i = 0; i < fitted.numel(); ++i)
            input.data<float>()[i] =
                static_cast<float>(fitted.data<std::uint8_t>()[i] * scale[i % 3] + shift[i % 3]);
        const Tensor expected = softmax((*saved.model)(input));
        for (std::int64_t k = 0; k < 4; ++k)
            CHECK(std::fabs(all.data<float>()[n * 4 + k] - expected.data<float>()[k]) <= 1e-5F);
    }
}

TEST_CASE("many threads share one predictor, with the bits of one thread") {
    const SavedModel saved;
    const Predictor predictor(read_weights(saved.path), {.batch_size = 3});
    Tensors images;
    for (int seed = 1; seed <= 7; ++seed) images.push_back(make_image(30 + seed, 40, seed));
    const Tensor all = predictor.probabilities(images);
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> clients;
    for (std::size_t client = 0; client < 5; ++client)
        clients.emplace_back([&, client] {
            for (std::size_t call = 0; call < 8; ++call) {
                const std::size_t begin = (client + call) % 7, count = 1 + call % (7 - begin);
                const auto first = images.begin() + static_cast<std::ptrdiff_t>(begin);
                const Tensor some =
                    predictor.probabilities(Tensors(first, first + static_cast<std::ptrdiff_t>(count)));
                if (!std::equal(some.data<float>(), some.data<float>() + some.numel(),
                                all.data<float>() + begin * 4))
                    ++wrong;
            }
        });
    clients.clear();  // joins
    CHECK(wrong == 0);
}

TEST_CASE("predictions come the most likely first, all or the first few") {
    const SavedModel saved;
    const Predictor predictor(read_weights(saved.path));
    const Tensors images{make_image(32, 32, 1)};
    const Tensor all = predictor.probabilities(images);
    const std::vector<Prediction> four = predictor.predict(images, 9)[0];
    REQUIRE(four.size() == 4);
    double sum = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        sum += four[i].probability;
        CHECK(four[i].probability == static_cast<double>(all.data<float>()[four[i].label]));
        CHECK(four[i].name == predictor.classes()[static_cast<std::size_t>(four[i].label)]);
        if (i > 0) CHECK(four[i].probability <= four[i - 1].probability);
    }
    CHECK(std::fabs(sum - 1) <= 1e-6);
    CHECK(predictor.predict(images).front().size() == 1);
    CHECK(predictor.predict({}).empty());
    CHECK_THROWS_WITH(predictor.predict(images, 0),
                      "[predict] the number of classes must be at least 1, got 0");
}

TEST_CASE("a foreign file needs the name of its model, and names its classes by number") {
    for (const ModelInfo& info : all_models()) {
        const std::string name(info.name);
        const std::string_view another = all_models()[info.name == all_models()[0].name ? 1 : 0].name;
        const SavedModel saved(name);
        const Weights foreign = saved.foreign();
        CHECK_THROWS_WITH(Predictor(foreign),
                          test::at(foreign.file) + "does not say its model, and none was named");
        const Predictor predictor(foreign, {.model = name, .normalization = "half"});
        CHECK((predictor.classes() == std::vector<std::string>{"class 0", "class 1", "class 2", "class 3"}));
        CHECK_THROWS_AS(Predictor(foreign, {.model = std::string(another)}), Error);
        CHECK_THROWS_WITH(Predictor(foreign, {.model = name, .normalization = "dataset"}),
                          "[normalize] \"dataset\" is none of unit, half");
        CHECK_THROWS_WITH(Predictor(foreign, {.model = name, .batch_size = 0}),
                          "[predict] the batch size must be at least 1, got 0");
    }
}

TEST_CASE("weights that give no numbers are named") {
    const SavedModel saved;
    saved.model->parameters().back().tensor.data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
    save_weights(saved.path, *saved.model,
                 WeightsInfo{"mini_xception", {"a", "b", "c", "d"}, fixed_normalization("unit", 3)});
    const Predictor predictor(read_weights(saved.path));
    CHECK_THROWS_WITH(predictor.predict({make_image(32, 32, 1)}),
                      test::at(saved.path) + "gives a probability that is not a number");
}

TEST_CASE("float64 on request") {
    const SavedModel saved;
    const Predictor narrow(read_weights(saved.path)),
        wide(read_weights(saved.path), {.precision = DType::float64});
    const Tensors images{make_image(32, 32, 1)};
    CHECK(wide.probabilities(images).dtype() == DType::float64);
    CHECK(std::fabs(wide.predict(images)[0][0].probability - narrow.predict(images)[0][0].probability) <=
          1e-5);
}
