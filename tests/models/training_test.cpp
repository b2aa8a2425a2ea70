// Each network learns a few images by heart, in every precision, and its weights are saved and read.
#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/trained.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/training/optimizer.hpp"
#include "tern/training/weights.hpp"

using namespace tern;

namespace {

constexpr std::int64_t kImages = 4, kSize = 20;

// Each of `steps` steps of Adam over the same images.
std::vector<double> losses(const ModelInfo& info, DType precision, int steps) {
    const auto model = make_model(info.name, {.classes = 4, .seed = 2, .height = kSize, .width = kSize});
    const auto optimizer = make_optimizer(FlatParameters(*model), {.name = "adam", .learning_rate = 2e-3});
    const Tensor images =
        cast(cases::make_tensor({{kImages, kSize, kSize, 3}, -1, 1}, DType::float32, 3), precision);
    const Tensor labels = Tensor::from({kImages}, std::vector<std::int32_t>{3, 0, 2, 1});
    std::vector<double> result;
    for (int i = 0; i < steps; ++i) {
        optimizer->zero_grad();
        const Tensor loss = softmax_cross_entropy((*model)(images), labels);
        backward(loss);
        optimizer->step();
        result.push_back(loss.item());
    }
    return result;
}

}  // namespace

TEST_CASE("the loss of every network falls, in float32 and in 16 bits") {
    for (const ModelInfo& info : all_models()) {
        for (const DType precision : {DType::float32, DType::bfloat16, DType::float16}) {
            const std::vector<double> falling = losses(info, precision, 8);
            INFO(info.name << ", " << precision << ": " << falling.front() << " to " << falling.back());
            CHECK(falling.back() < 0.9 * falling.front());
        }
    }
}

TEST_CASE("weights of every network are the same after a weight file") {
    const test::TemporaryFolder folder;
    for (const ModelInfo& info : all_models()) {
        INFO(info.name);
        const ModelOptions options{.classes = 3, .channels = 1, .height = 18, .width = kSize};
        const auto saved = make_model(info.name, options);
        test::pretend_trained(*saved, 6);
        const auto path = folder / (info.name + ".safetensors");
        save_weights(path, *saved,
                     WeightsInfo{info.name, {"a", "b", "c"}, {"half", {1}, {0}}, {18, kSize, 1}});
        const auto read = make_model(info.name, options);
        load_weights(*read, info.name, read_weights(path));
        const NamedTensors a = saved->state(), b = read->state();
        REQUIRE(a.size() == b.size());
        for (std::size_t i = 0; i < a.size(); ++i)
            CHECK(cases::to_doubles(a[i].tensor) == cases::to_doubles(b[i].tensor));
    }
}
