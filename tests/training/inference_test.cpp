// Running a model in chunks: the bits of any number of threads, and of the folded model what the model gave.
#include "tern/training/inference.hpp"

#include <atomic>
#include <thread>

#include "tern/core/autograd.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/layers/fold_batch_norms.hpp"
#include "tern/layers/quantized/quantize_model.hpp"
#include "tern/layers/state.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/trained.hpp"
#include "tern/tests/threads_scope.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/evaluation.hpp"

using namespace tern;

namespace {

// Small images, of which every model takes some.
constexpr std::int64_t kHeight = 16, kWidth = 18;

std::unique_ptr<Module> trained_model(std::string_view name) {
    std::unique_ptr<Module> model = make_model(name, {.seed = 3, .height = kHeight, .width = kWidth});
    test::pretend_trained(*model, 4);
    model->eval();
    return model;
}

Tensor run_with(Module& model, const Tensor& images, int threads) {
    const test::ThreadsScope scope(threads);
    return Inference(model).run(images);
}

bool same_bits(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() &&
           std::equal(a.raw_data(), a.raw_data() + a.bytes(), b.raw_data(), b.raw_data() + b.bytes());
}

double largest(const Tensor& tensor) {
    double result = 0;
    for (const double value : cases::to_doubles(tensor)) result = std::max(result, std::fabs(value));
    return result;
}

double difference(const Tensor& a, const Tensor& b) {
    const auto x = cases::to_doubles(a), y = cases::to_doubles(b);
    double result = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        if (const double d = std::fabs(x[i] - y[i]); !(d <= result)) result = d;
    return result;
}

// Batch norms, and the longest sum of products: 8 and 1152 (3x3 of 128 channels) in mini_xception_dense. Nothing
// changes where there are no batch norms.
struct Depth {
    double layers = 0, terms = 0;
};
Depth depth_of(Module& model) {
    Depth depth;
    for (const auto& [name, tensor] : model.state()) {
        if (name.ends_with("running_var")) ++depth.layers;
        if (tensor.rank() < 2) continue;
        const std::int64_t terms = tensor.numel() / tensor.dim(0);
        depth.terms = std::max(depth.terms, static_cast<double>(terms));
    }
    return depth;
}

}  // namespace

TEST_CASE("inference gives the same bits for any number of threads") {
    for (const ModelInfo& info : all_models()) {
        const auto model = trained_model(info.name);
        fold_batch_norms(*model, {1, kHeight, kWidth, 3});
        for (const std::int64_t batch : {1, 2, 7}) {
            INFO(info.name << ", batch of " << batch);
            const Tensor images = cases::make_tensor({{batch, kHeight, kWidth, 3}}, DType::float32, 5);
            const Tensor once = run_with(*model, images, 1);
            REQUIRE(once.shape() == Shape{batch, 10});
            for (const int threads : {1, 2, 3}) CHECK(same_bits(run_with(*model, images, threads), once));
            // Each image is by itself.
            for (std::int64_t n = 0; n < batch; ++n)
                CHECK(same_bits(run_with(*model, images.slice(n, n + 1), 2), once.slice(n, n + 1)));
        }
    }
}

TEST_CASE("one runner takes batches of any size one after the other") {
    const test::ThreadsScope threads(2);
    const auto model = trained_model("mini_xception");
    Inference inference(*model);
    const Tensor images = cases::make_tensor({{6, 8, 8, 3}}, DType::float32, 5);
    const Tensor all = inference.run(images);
    for (const auto& [begin, end] : {std::pair{0, 6}, {2, 3}, {1, 4}, {0, 6}, {5, 6}})
        CHECK(same_bits(inference.run(images.slice(begin, end)), all.slice(begin, end)));
    CHECK((inference.run(images.slice(0, 0)).shape() == Shape{0, 10}));
    const Tensor wide = cases::make_tensor({{3, 8, 9, 3}}, DType::float32, 6);
    CHECK(same_bits(inference.run(wide), run_with(*model, wide, 1)));
    CHECK(same_bits(inference.run(images), all));
    CHECK_FALSE(all.requires_grad());
}

TEST_CASE("a model whose batch norms are folded gives the same logits") {
    for (const DType dtype : {DType::float32, DType::float64}) {
        for (const ModelInfo& info : all_models()) {
            INFO(info.name << ", " << dtype);
            const auto model = trained_model(info.name);
            model->to(dtype);
            const Tensor images = cases::make_tensor({{2, kHeight, kWidth, 3}}, dtype, 5);
            const Tensor before = run_with(*model, images, 1);
            fold_batch_norms(*model, {1, kHeight, kWidth, 3});
            const Tensor after = run_with(*model, images, 1);
            const double epsilon = dtype == DType::float64 ? std::numeric_limits<double>::epsilon()
                                                           : std::numeric_limits<float>::epsilon();
            // A layer's roundings are a random walk as long as its sums, relative to sums of absolute values,
            // which here are some 30 times the sums themselves (random signs); what comes through later
            // layers adds up.
            const Depth depth = depth_of(*model);
            CHECK(difference(before, after) <=
                  depth.layers * std::sqrt(depth.terms) * 30 * epsilon * largest(before));
            CHECK(largest(before) > 0.1);
        }
    }
}

TEST_CASE("evaluation is the same with batch norms folded, but for rounding") {
    test::SmallRun run({.epochs = 4, .batch_size = 16});
    const Evaluation before =
        evaluate(run.network, run.test, {.batch_size = 16, .confusion = true, .keep_outputs = true});
    fold_batch_norms(run.network, {1, 8, 8, 3});
    const Evaluation after =
        evaluate(run.network, run.test, {.batch_size = 7, .confusion = true, .keep_outputs = true});
    CHECK(after.totals.samples == 50);
    CHECK(after.totals.metric("accuracy") == before.totals.metric("accuracy"));
    CHECK(std::ranges::equal(after.confusion.elements<std::int64_t>(),
                             before.confusion.elements<std::int64_t>()));
    CHECK(difference(after.outputs, before.outputs) <=
          2 * std::sqrt(75.0) * 10 * std::numeric_limits<float>::epsilon() * largest(before.outputs));
}

TEST_CASE("one Inference continues after batch norms are folded, and with other threads") {
    for (const ModelInfo& info : all_models()) {
        const auto model = trained_model(info.name);
        const Tensor images = cases::make_tensor({{3, kHeight, kWidth, 3}}, DType::float32, 5);
        Inference inference(*model);  // its arenas have recorded what is allocated in which order
        const Tensor before = inference.run(images);
        fold_batch_norms(*model, {1, kHeight, kWidth, 3});
        const Tensor after = inference.run(images);
        CHECK(difference(after, before) <= 1e-4 * largest(before));
        for (const int threads : {1, 2, 3}) {
            const test::ThreadsScope scope(threads);
            CHECK(same_bits(inference.run(images), after));
        }
    }
}

TEST_CASE("one Inference follows weights that change between its calls") {
    for (const ModelInfo& info : all_models()) {
        const auto model = trained_model(info.name), other = trained_model(info.name);
        test::pretend_trained(*other, 5);
        const Tensor images = cases::make_tensor({{3, kHeight, kWidth, 3}}, DType::float32, 5);
        Inference inference(*model);
        const Tensor before = inference.run(images);
        load_state(*model, other->state());
        const Tensor after = inference.run(images);
        INFO(info.name);
        CHECK_FALSE(same_bits(after, before));
        CHECK(same_bits(after, Inference(*other).run(images)));
    }
}

TEST_CASE("one Inference follows 8-bit weights that change between its calls") {
    const Tensor images = cases::make_tensor({{3, kHeight, kWidth, 3}}, DType::float32, 5);
    const auto quantized = [&](std::uint64_t seed) {
        const auto model = trained_model("mini_xception");
        test::pretend_trained(*model, seed);
        return quantize_model(*model, {images});
    };
    const auto model = quantized(4), other = quantized(5);
    Inference inference(*model);
    const Tensor before = inference.run(images);
    load_state(*model, other->state());
    const Tensor after = inference.run(images);
    CHECK_FALSE(same_bits(after, before));
    CHECK(same_bits(after, Inference(*other).run(images)));
    for (const QuantizedStep& step : model->steps())
        for (std::size_t w = 0; w < step.weights.size(); ++w) {
            const Tensor& weight = model->graph().value(step.weights[w].weight).constant;
            const Tensor ones = Tensor::full(weight.shape(), 1);
            model->set(step, w, ones, {});
            other->set(step, w, ones, {});
        }
    CHECK(same_bits(inference.run(images), Inference(*other).run(images)));
}

TEST_CASE("several threads run one Inference at the same time") {
    for (const ModelInfo& info : all_models()) {
        const auto model = trained_model(info.name);
        fold_batch_norms(*model, {1, kHeight, kWidth, 3});
        const Tensor images = cases::make_tensor({{5, kHeight, kWidth, 3}}, DType::float32, 5);
        const Tensor once = run_with(*model, images, 1);
        const test::ThreadsScope threads(2);
        Inference inference(*model);
        std::atomic<int> wrong = 0;
        std::vector<std::jthread> clients;
        for (int client = 0; client < 4; ++client)
            clients.emplace_back([&, client] {
                Tensor kept;  // and freed in the middle of another call, of this thread or of another
                for (std::int64_t call = 0; call < 12; ++call) {
                    const std::int64_t begin = (call + client) % 5, end = begin + 1 + call % (5 - begin);
                    kept = inference.run(images.slice(begin, end));
                    if (!same_bits(kept, once.slice(begin, end))) ++wrong;
                }
            });
        clients.clear();  // joins
        INFO(info.name);
        CHECK(wrong == 0);
    }
}

TEST_CASE("threads with images of their own sizes share one Inference") {
    const auto model = trained_model("mini_xception");
    Inference inference(*model);
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> clients;
    for (std::int64_t client = 0; client < 3; ++client)
        clients.emplace_back([&, client] {
            const Tensor images = cases::make_tensor({{3, 8 + client, 8, 3}}, DType::float32, 5);
            const Tensor once = Inference(*model).run(images);
            for (int call = 0; call < 10; ++call)
                if (!same_bits(inference.run(images), once)) ++wrong;
        });
    clients.clear();
    CHECK(wrong == 0);
}

TEST_CASE("inference refuses a model in training mode, and passes errors on") {
    const auto model = make_model("mini_xception");
    const Tensor images = Tensor::zeros({4, 8, 8, 3});
    CHECK_THROWS_WITH(Inference(*model).run(images),
                      "[inference] the model is in training mode; call eval() first");
    model->eval();
    const test::ThreadsScope threads(2);
    Inference inference(*model);
    CHECK_THROWS_AS(inference.run(Tensor::zeros({4, 8, 8, 2})), Error);
    CHECK(inference.run(images).shape() == Shape{4, 10});
}
