// A network that learns from another one. The loss itself is held to PyTorch's in tests/golden.
#include "tern/training/teacher.hpp"

#include <cmath>
#include <thread>

#include "tern/core/autograd.hpp"
#include "tern/distributed/thread_communicators.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/layers/state.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/saved_run.hpp"

using namespace tern;

namespace {

// Trained for two epochs, always the same.
std::unique_ptr<test::SmallNetwork> trained(DType precision) {
    static const NamedTensors weights = [] {
        const test::SmallRun run({.epochs = 2, .batch_size = 32});
        NamedTensors copies;
        for (const auto& [name, tensor] : run.network.state()) copies.push_back({name, tensor.clone()});
        return copies;
    }();
    auto network = std::make_unique<test::SmallNetwork>(4, precision);
    load_state(*network, weights);
    return network;
}

struct Options {
    double weight = 0.8;
    DType precision = DType::float32;
    std::int64_t stop_at = 0, replicas = 1, epochs = 2;
    Communicator* communicator = nullptr;
    bool has_teacher = true;
};

// Bits of the student; files in `folder`.
std::vector<std::byte> run(const std::filesystem::path& folder, const Options& options) {
    test::SmallNetwork network(4, options.precision, true);
    const DatasetSource train =
        test::small_source(Split::train, options.precision, {.crop_padding = 4, .flip = true, .seed = 5});
    const DatasetSource tests = test::small_source(Split::test, options.precision);
    const auto optimizer = make_optimizer(FlatParameters(network), {.learning_rate = 0.01});
    Teacher teacher(trained(options.precision), {options.weight, 4});
    std::int64_t step = 0;
    TrainingCallbacks callbacks;
    callbacks.after_step = [&](const TrainingProgress& progress) { step = progress.step; };
    callbacks.stop = [&] { return options.stop_at > 0 && step >= options.stop_at; };
    train_in_folder(folder,
                    {.model = network,
                     .optimizer = *optimizer,
                     .train = train,
                     .test = &tests,
                     .teacher = options.has_teacher ? &teacher : nullptr,
                     .plan = {.epochs = options.epochs,
                              .batch_size = 37,
                              .seed = 3,
                              .statistics_samples = 64,
                              .replicas = options.replicas},
                     .callbacks = callbacks,
                     .communicator = options.communicator},
                    {.log_steps = true});
    return test::state_bytes(network);
}

}  // namespace

TEST_CASE("a student that gives the teacher's answers has nothing to learn from it") {
    const DatasetSource train = test::small_source(Split::train);
    const Batch batch = train.batch(Tensor::from<std::int32_t>({3}, {0, 1, 2}));
    const auto network = trained(DType::float32);
    network->eval();
    auto model = trained(DType::float32);
    const Module& taught_by = *model;
    Teacher teacher(std::move(model), {1, 2});
    const Tensor output = [&] {
        const NoGrad no_grad;
        return (*network)(batch.input);
    }();
    const double divergence = teacher.distill(Tensor::zeros({}), output, batch.input).item();
    // Logits of some units; the teacher's come from chunks of two images, in other sums of up to 4,096 terms.
    CHECK(std::fabs(divergence) <= 1e-4);
    Tensor shifted = output * 2.0;
    shifted.set_requires_grad(true);
    const Tensor loss = teacher.distill(Tensor::zeros({}), shifted, batch.input);
    CHECK(loss.item() > 1e-2);
    backward(loss);
    CHECK(shifted.grad().defined());
    // It only answers.
    CHECK_FALSE(taught_by.training());
    CHECK(test::state_bytes(taught_by) == test::state_bytes(*network));
    for (const auto& [name, parameter] : taught_by.parameters()) CHECK_FALSE(parameter.grad().defined());
}

TEST_CASE("what a teacher refuses") {
    CHECK_THROWS_WITH(Teacher(trained(DType::float32), {1.5, 4}),
                      "[teacher] the weight must be in [0, 1], got 1.5");
    CHECK_THROWS_WITH(Teacher(trained(DType::float32), {0.5, 0}),
                      "[teacher] the temperature must be above 0, got 0");
    const Batch batch = test::small_source(Split::train).batch(Tensor::from<std::int32_t>({3}, {0, 1, 2}));
    Teacher teacher(trained(DType::float32));
    CHECK_THROWS_WITH(teacher.distill(Tensor::zeros({}), Tensor::zeros({3, 5}), batch.input),
                      "[teacher] gives (3,4), the student (3,5)");
}

TEST_CASE("a weight of 0 is training without a teacher, another is not") {
    const test::TemporaryFolder folder;
    const auto plain = run(folder / "plain", {.has_teacher = false});
    CHECK(run(folder / "none", {.weight = 0}) == plain);
    CHECK(run(folder / "some", {.weight = 0.5}) != plain);
}

TEST_CASE("a distilled run that is stopped after any step continues bit for bit") {
    const test::TemporaryFolder folder;
    for (const DType precision : {DType::float32, DType::float16}) {
        const std::filesystem::path whole = folder / to_text("whole-", precision);
        const auto expected = run(whole, {.precision = precision});
        for (std::int64_t stop = 1; stop < 10; ++stop) {
            INFO(precision << ", stopped after step " << stop);
            const std::filesystem::path part = folder / to_text("part-", precision, '-', stop);
            run(part, {.precision = precision, .stop_at = stop});
            CHECK(run(part, {.precision = precision}) == expected);
            CHECK(test::read_text(part / "steps.jsonl") == test::read_text(whole / "steps.jsonl"));
        }
    }
}

TEST_CASE("two ranks are taught as one") {
    const test::TemporaryFolder folder;
    const auto run_ranks = [&](int ranks, const std::string& name) {
        auto communicators = make_thread_communicators(ranks, 30);
        std::vector<std::vector<std::byte>> states(static_cast<std::size_t>(ranks));
        std::vector<std::jthread> threads;
        for (std::size_t rank = 0; rank < states.size(); ++rank)
            threads.emplace_back([&, rank] {
                states[rank] = run(folder / name, {.replicas = 2, .communicator = communicators[rank].get()});
                communicators[rank].reset();
            });
        threads.clear();
        for (const auto& state : states) CHECK(state == states[0]);
        return states[0];
    };
    trained(DType::float32);  // before there are threads
    CHECK(run_ranks(2, "two") == run_ranks(1, "one"));
    CHECK(test::read_text(folder / "two" / "steps.jsonl") == test::read_text(folder / "one" / "steps.jsonl"));
}
