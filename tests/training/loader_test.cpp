// Batches that are made ahead are those that would be made when they are needed.
#include "tern/training/loader.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "tern/data/batches.hpp"
#include "tern/tests/data/memory_reader.hpp"
#include "tern/tests/training/rank_runs.hpp"
#include "tern/training/evaluation.hpp"

using namespace tern;

namespace {

constexpr PrepareImagesParams kAugmented{.crop_padding = 4, .flip = true, .seed = 5, .mixup = 0.4};

Dataset small_set() { return make_synthetic(test::kSmallSet, Split::train); }

DatasetSourceOptions options(bool streamed = false) {
    return {.normalization = fixed_normalization("unit", 3),
            .augmentation = kAugmented,
            .early_epochs = 1,
            .early_size = 24,
            .streamed = streamed};
}

void check_equal(const Batch& got, const Batch& expected) {
    test::check_equal(
        {{"input", got.input}, {"target", got.target}, {"parts", got.loss_target()}},
        {{"input", expected.input}, {"target", expected.target}, {"parts", expected.loss_target()}});
}

std::vector<Tensor> cut(const Batches& batches) {
    std::vector<Tensor> result;
    for (std::int64_t i = 0; i < batches.count(); ++i) result.push_back(batches[i]);
    return result;
}

std::vector<Tensor> batches_of(std::int64_t samples, std::uint64_t seed, std::int64_t size) {
    return cut(Batches(epoch_order(samples, true, seed, 0, Device::cpu()), size));
}

std::vector<Loader::Request> plan_of(const std::vector<Tensor>& batches, std::uint32_t epoch) {
    std::vector<Loader::Request> plan;
    for (const Tensor& samples : batches) plan.push_back({samples, epoch});
    return plan;
}

// Takes longer for some batches than for others, and counts.
class UnevenSource : public BatchSource {
  public:
    explicit UnevenSource(std::int64_t broken = -1) : broken_(broken) {}

    std::int64_t size() const override { return 100; }
    Device device() const override { return Device::cpu(); }
    DType precision() const override { return DType::float32; }
    Batch batch(const Tensor& samples, std::optional<std::uint32_t>) const override {
        ++made;
        const std::int32_t first = samples.elements<std::int32_t>()[0];
        std::this_thread::sleep_for(std::chrono::milliseconds(first % 3 * 2));
        TERN_CHECK(first != broken_, "uneven", "sample ", first, " cannot be read");
        return {Tensor::full({1}, first), samples};
    }

    mutable std::atomic<int> made{0};

  private:
    std::int64_t broken_;
};

}  // namespace

TEST_CASE("a source that reads or streams its images has the batches of one that holds them") {
    const Dataset set = small_set();
    const DatasetSource held(set, options()), read(test::read_from(set), options()),
        streamed(set, options(true));
    CHECK(read.size() == held.size());
    for (const std::optional<std::uint32_t> epoch :
         {std::optional<std::uint32_t>(), std::optional<std::uint32_t>(0), std::optional<std::uint32_t>(3)})
        for (const Tensor& samples : batches_of(held.size(), 7, 64)) {
            check_equal(read.batch(samples, epoch), held.batch(samples, epoch));
            check_equal(streamed.batch(samples, epoch), held.batch(samples, epoch));
            check_equal(read.prepare(samples, epoch)(), held.batch(samples, epoch));
        }
}

TEST_CASE("batches come in the order of the plan, whatever the number of workers") {
    const Dataset set = small_set();
    const DatasetSource source(test::read_from(set), options());
    for (const int workers : {1, 2, 5}) {
        Loader loader(source, workers);
        for (const std::uint32_t epoch : {0u, 1u}) {
            const std::vector<Tensor> batches = batches_of(source.size(), epoch, 7);
            loader.start(plan_of(batches, epoch));
            for (const Tensor& samples : batches)
                check_equal(loader.batch(samples, epoch), source.batch(samples, epoch));
        }
    }
}

TEST_CASE("a plan is followed only so far ahead, and may be dropped anywhere") {
    for (const int workers : {1, 3}) {
        UnevenSource source;
        const int most = workers * Loader::kBatchesPerWorker;
        {
            Loader loader(source, workers);
            for (std::size_t take : {0, 1, 5, 9}) {
                const std::vector<Tensor> batches = batches_of(source.size(), take, 10);
                source.made = 0;
                loader.start(plan_of(batches, 0));
                for (std::size_t i = 0; i < take; ++i)
                    CHECK(loader.batch(batches[i], 0).input.elements<float>()[0] ==
                          static_cast<float>(batches[i].elements<std::int32_t>()[0]));
                std::this_thread::sleep_for(std::chrono::milliseconds(30));
                CHECK(source.made <= static_cast<int>(take) + most);
            }
        }
        const int made = source.made;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        CHECK(source.made == made);  // nobody is left
    }
}

TEST_CASE("what a worker throws is thrown where the batch is asked for, again and again") {
    const UnevenSource source(41);
    const std::vector<Tensor> batches = cut(Batches(epoch_order(100, false, 0, 0, Device::cpu()), 1));
    Loader loader(source, 4);
    for (int round = 0; round < 2; ++round) {
        loader.start(plan_of(batches, 0));
        for (std::size_t i = 0; i < 41; ++i) loader.batch(batches[i], 0);
        for (int again = 0; again < 2; ++again)
            CHECK_THROWS_WITH(loader.batch(batches[41], 0), "[uneven] sample 41 cannot be read");
    }
    CHECK_THROWS_WITH(Loader(source, 0), "[Loader] takes 1 to 256 workers, got 0");
    CHECK_THROWS_WITH(Loader(source, 257), "[Loader] takes 1 to 256 workers, got 257");
}

TEST_CASE("batches that were not planned are refused") {
    const UnevenSource source;
    const std::vector<Tensor> batches = batches_of(source.size(), 1, 40);
    Loader loader(source, 2);
    const std::string rule = "[Loader] start() must have named this batch, of 40 samples, as number ";
    CHECK_THROWS_WITH(loader.batch(batches[0], 0), rule + "0 of the 0 that are to come");
    loader.start(plan_of(batches, 0));
    loader.batch(batches[0], 0);
    CHECK_THROWS_WITH(loader.batch(batches[0], 0), rule + "1 of the 3 that are to come");
    CHECK_THROWS_WITH(loader.batch(batches[1], 1), rule + "1 of the 3 that are to come");
    CHECK(loader.batch(batches[1], 0).target.numel() == 40);
}

TEST_CASE("workers change no bit of a run, of any number of ranks") {
    const test::RankResult alone = test::run_ranks({.plan = test::kUneven}, 1).front();
    for (const auto& [workers, ranks] : {std::pair{1, 1}, {3, 1}, {2, 2}, {1, 4}}) {
        INFO(workers << " workers on " << ranks << " ranks");
        for (const test::RankResult& result :
             test::run_ranks({.plan = test::kUneven, .workers = workers}, ranks))
            test::check_equal(result, alone);
    }
    TrainingPlan synced = test::kUneven;
    synced.sync_batch_norm = true;
    const test::RankResult one = test::run_ranks({.plan = synced}, 4).front();
    test::check_equal(test::run_ranks({.plan = synced, .workers = 2}, 4).front(), one);
    TrainingPlan apart = test::kUneven;
    apart.local.steps = 2;
    const test::RankResult averaged = test::run_ranks({.plan = apart}, 1).front();
    for (const int ranks : {1, 2})
        test::check_equal(test::run_ranks({.plan = apart, .workers = 2}, ranks).front(), averaged);
}

TEST_CASE("a run with workers may stop anywhere, and goes on with others") {
    const test::RankResult whole = test::run_ranks({.plan = test::kUneven}, 1).front();
    const auto total = static_cast<std::int64_t>(whole.losses.size());
    for (std::int64_t stop_at = 1; stop_at < total; stop_at += 3) {
        INFO("stopped after step " << stop_at);
        const test::RankResult first =
            test::run_ranks({.plan = test::kUneven, .stop_at = stop_at, .workers = 2}, 1).front();
        REQUIRE(!first.saved.empty());
        const test::RankResult rest =
            test::run_ranks({.plan = test::kUneven, .from = &first.saved.back(), .workers = 1}, 2).front();
        CHECK(rest.error == "");
        CHECK((rest.state == whole.state));
    }
}

TEST_CASE("an image that cannot be read ends a run with its name, and leaves the program as it was") {
    const Dataset set = small_set();
    for (const int workers : {0, 2}) {
        const DatasetSource source(test::read_from(set, 120), {fixed_normalization("unit", 3)});
        test::SmallNetwork network(4);
        const auto optimizer = make_optimizer(FlatParameters(network), {.learning_rate = 0.01});
        std::int64_t steps = 0;
        TrainingCallbacks callbacks;
        callbacks.after_step = [&](const TrainingProgress& now) { steps = now.step; };
        Trainer trainer({.model = network,
                         .optimizer = *optimizer,
                         .train = source,
                         .plan = {.epochs = 1, .batch_size = 10, .shuffle = false},
                         .callbacks = callbacks,
                         .workers = workers});
        CHECK_THROWS_WITH(trainer.run(), "[memory] sample 120 cannot be read");
        CHECK(steps == 12);
    }
}

TEST_CASE("workers change nothing of an evaluation") {
    test::SmallNetwork network(4);
    const DatasetSource source = test::small_source(Split::test);
    const Evaluation expected =
        evaluate(network, source, {.batch_size = 13, .confusion = true, .keep_outputs = true});
    for (const int workers : {1, 4}) {
        const Evaluation got = evaluate(
            network, source, {.batch_size = 13, .confusion = true, .keep_outputs = true, .workers = workers});
        test::check_equal(got.totals, expected.totals);
        test::check_equal({{"confusion", got.confusion}, {"outputs", got.outputs}},
                          {{"confusion", expected.confusion}, {"outputs", expected.outputs}});
    }
}
