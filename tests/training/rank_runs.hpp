// Runs on ranks that are threads.
#pragma once

#include <cmath>
#include <thread>

#include "tern/distributed/thread_communicators.hpp"
#include "tern/layers/state.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/small_network.hpp"

namespace tern::test {

struct Saved {
    TrainingPosition position;
    NamedTensors model, trainer;
};

inline NamedTensors copies(const NamedTensors& tensors) {
    NamedTensors result;
    for (const auto& [name, tensor] : tensors) result.push_back({name, tensor.clone()});
    return result;
}

struct RankOptions {
    TrainingPlan plan;
    DType precision = DType::float32;
    ExchangeOptions exchange = {};
    bool dropout = true;
    bool hidden = false;  // a convolution between the first and the last layer
    OptimizerSettings optimizer = {.learning_rate = 0.01};
    std::optional<ScheduleSettings> schedule = {};
    const Saved* from = nullptr;
    std::int64_t stop_at = 0;
    int workers = 0;
};

// What one rank had in the end.
struct RankResult {
    std::vector<std::byte> state;
    std::vector<double> losses;
    std::vector<LogLine> log_lines;
    std::vector<Saved> saved;
    std::string error;
};

/// 150 samples: four batches of 37, and one of 2, which leaves two of four replicas without any.
constexpr TrainingPlan kUneven{
    .epochs = 2, .batch_size = 37, .seed = 3, .statistics_samples = 64, .replicas = 4};

inline RankResult run_rank(const RankOptions& options, Communicator& communicator) {
    SmallNetwork network(4, options.precision, options.dropout, options.hidden);
    const DatasetSource train =
        small_source(Split::train, options.precision, {.crop_padding = 4, .flip = true, .seed = 5});
    const DatasetSource held_out = small_source(Split::test, options.precision);
    const auto optimizer = make_optimizer(FlatParameters(network), options.optimizer);
    const auto schedule =
        options.schedule ? make_schedule(*options.schedule, RunLength(options.plan, train.size())) : nullptr;
    RankResult result;
    std::int64_t step = 0;
    TrainingCallbacks callbacks;
    callbacks.after_step = [&](const TrainingProgress& progress) { step = progress.step; };
    callbacks.after_loss = [&](const StepLoss& loss) { result.losses.push_back(loss.loss); };
    callbacks.after_log_line = [&](const LogLine& line) { result.log_lines.push_back(line); };
    callbacks.save = [&](const TrainingPosition& position, const NamedTensors& state) {
        result.saved.push_back({position, copies(network.state()), copies(state)});
    };
    // One rank is told, all stop.
    if (communicator.rank() == communicator.size() - 1)
        callbacks.stop = [&] { return options.stop_at > 0 && step >= options.stop_at; };
    try {
        Trainer trainer({.model = network,
                         .optimizer = *optimizer,
                         .train = train,
                         .test = options.plan.epochs > 0 ? &held_out : nullptr,
                         .schedule = schedule.get(),
                         .plan = options.plan,
                         .callbacks = callbacks,
                         .communicator = &communicator,
                         .exchange = options.exchange,
                         .workers = options.workers});
        if (options.from != nullptr) {
            load_state(network, options.from->model);
            load_state(trainer.state(), options.from->trainer);
        }
        trainer.run(options.from == nullptr ? TrainingPosition{} : options.from->position);
    } catch (const Error& error) {
        result.error = error.what();
        communicator.fail(error.what());
    }
    result.state = state_bytes(network);
    return result;
}

inline std::vector<RankResult> run_ranks(const RankOptions& options, int ranks) {
    auto communicators = make_thread_communicators(ranks, 30);
    std::vector<RankResult> results(static_cast<std::size_t>(ranks));
    std::vector<std::jthread> threads;
    for (std::size_t rank = 0; rank < results.size(); ++rank) {
        threads.emplace_back([&, rank] {
            results[rank] = run_rank(options, *communicators[rank]);
            communicators[rank].reset();
        });
    }
    threads.clear();  // joins
    return results;
}

/// NaN where numbers are.
inline double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(a[i] - b[i]);
        if (!(difference <= largest)) largest = difference;
    }
    return largest;
}

inline void check_equal(const TotalsRead& got, const TotalsRead& expected) {
    CHECK(got.loss == expected.loss);
    CHECK(got.metric("accuracy") == expected.metric("accuracy"));
    CHECK(got.samples == expected.samples);
}

inline void check_equal(const RankResult& got, const RankResult& expected) {
    CHECK(got.error == "");
    CHECK((got.state == expected.state));
    CHECK(got.losses == expected.losses);
    REQUIRE(got.log_lines.size() == expected.log_lines.size());
    for (std::size_t i = 0; i < got.log_lines.size(); ++i) {
        check_equal(got.log_lines[i].train, expected.log_lines[i].train);
        REQUIRE(got.log_lines[i].test.has_value() == expected.log_lines[i].test.has_value());
        if (got.log_lines[i].test) check_equal(*got.log_lines[i].test, *expected.log_lines[i].test);
    }
}

}  // namespace tern::test
