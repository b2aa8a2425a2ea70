// Replicas that take some steps apart: the formula, and that who computes them changes nothing.
#include "tern/training/local_replicas.hpp"

#include <algorithm>
#include <cmath>

#include "tern/data/batches.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/rank_runs.hpp"

using namespace tern;
using test::check_equal;
using test::largest_difference;
using test::run_ranks;
using Options = test::RankOptions;
using Result = test::RankResult;

namespace {

const OptimizerSettings kSgd{.name = "sgd", .learning_rate = 0.05, .momentum = 0.9};

constexpr TrainingPlan kUneven = [] {
    TrainingPlan plan = test::kUneven;
    plan.local = {.steps = 3, .outer_rate = 0.7, .outer_momentum = 0.9};
    return plan;
}();

std::vector<double> numbers(const Tensor& tensor) {
    const auto elements = tensor.elements<double>();
    return {elements.begin(), elements.end()};
}

const Tensor& named(const NamedTensors& tensors, const std::string& name) {
    const auto found = std::ranges::find(tensors, name, &NamedTensor::name);
    REQUIRE(found != tensors.end());
    return found->tensor;
}

// The formula once more, with a network for each replica and sums on the host.
std::vector<double> weights_by_hand(const TrainingPlan& plan) {
    struct Replica {
        test::SmallNetwork network{4, DType::float64};
        FlatParameters parameters{network};
        std::unique_ptr<Optimizer> optimizer = make_optimizer(parameters, kSgd);
    };
    std::vector<Replica> replicas(static_cast<std::size_t>(plan.replicas));
    const DatasetSource source =
        test::small_source(Split::train, DType::float64, {.crop_padding = 4, .flip = true, .seed = 5});
    std::vector<double> common = numbers(replicas.front().parameters.values());
    std::vector<double> velocity(common.size());
    std::int64_t step = 0;
    for (std::uint32_t epoch = 0; step < plan.steps; ++epoch) {
        const Batches batches(epoch_order(source.size(), true, plan.seed, epoch, Device::cpu()),
                              plan.batch_size);
        for (std::int64_t i = 0; i < batches.count() && step < plan.steps; ++i) {
            for (std::size_t r = 0; r < replicas.size(); ++r) {
                const Piece piece = piece_of(batches[i].dim(0), plan.replicas, static_cast<std::int64_t>(r));
                if (piece.count == 0) continue;
                const Batch batch = source.batch(batches[i].slice(piece.begin, piece.end()), epoch);
                replicas[r].optimizer->zero_grad();
                backward(cross_entropy_loss()(replicas[r].network(batch.input), batch.loss_target()));
                replicas[r].optimizer->step();
            }
            if (++step % plan.local.steps != 0) continue;
            for (std::size_t k = 0; k < common.size(); ++k) {
                double change = 0;
                for (const Replica& replica : replicas)
                    change += (common[k] - replica.parameters.values().data<double>()[k]) /
                              static_cast<double>(plan.replicas);
                velocity[k] = plan.local.outer_momentum * velocity[k] + change;
                common[k] -= plan.local.outer_rate * (change + plan.local.outer_momentum * velocity[k]);
            }
            for (const Replica& replica : replicas)
                std::ranges::copy(common, replica.parameters.values().data<double>());
        }
    }
    std::vector<double> mean(common.size());
    for (const Replica& replica : replicas)
        for (std::size_t k = 0; k < mean.size(); ++k)
            mean[k] += replica.parameters.values().data<double>()[k] / static_cast<double>(plan.replicas);
    return mean;
}

// Of the model as it was saved last.
std::vector<double> weights_of(const Result& result) {
    REQUIRE(result.error == "");
    const Tensor rows = named(result.saved.back().trainer, "local.weights");
    std::vector<double> mean(static_cast<std::size_t>(rows.dim(1)));
    for (std::int64_t r = 0; r < rows.dim(0); ++r)
        for (std::size_t k = 0; k < mean.size(); ++k)
            mean[k] += rows.data<double>()[static_cast<std::size_t>(r) * mean.size() + k] /
                       static_cast<double>(rows.dim(0));
    return mean;
}

}  // namespace

// Sums of some hundred terms over 8 steps: about 1e-14.
TEST_CASE("replicas apart do what the formula says") {
    for (const std::int64_t replicas : {1, 2, 3, 4}) {
        for (const LocalOptions& local : {LocalOptions{.steps = 1}, LocalOptions{.steps = 3},
                                          LocalOptions{.steps = 2, .outer_rate = 0.7, .outer_momentum = 0.9},
                                          LocalOptions{.steps = 100, .outer_rate = 0.5}}) {
            INFO(replicas << " replicas, " << local.steps << " steps, momentum " << local.outer_momentum);
            const TrainingPlan plan{
                .steps = 8, .batch_size = 37, .seed = 3, .replicas = replicas, .local = local};
            const Result result =
                run_ranks({.plan = plan, .precision = DType::float64, .dropout = false, .optimizer = kSgd}, 1)
                    .front();
            CHECK(largest_difference(weights_of(result), weights_by_hand(plan)) <= 1e-12);
        }
    }
}

// Without momentum w - r mean(g) is mean(w - r g).
TEST_CASE("averaging after every step is one step of the summed gradients") {
    TrainingPlan plan{.steps = 10, .batch_size = 30, .seed = 3, .replicas = 3};
    const OptimizerSettings plain{.name = "sgd", .learning_rate = 0.05};
    const auto losses = [&] {
        const Result result =
            run_ranks({.plan = plan, .precision = DType::float64, .optimizer = plain}, 1).front();
        REQUIRE(result.error == "");
        REQUIRE(result.losses.size() == 10);
        return result.losses;
    };
    const std::vector<double> summed = losses();
    plan.local.steps = 1;
    CHECK(largest_difference(losses(), summed) <= 1e-12);
    plan.local.steps = 5;
    CHECK(largest_difference(losses(), summed) > 1e-4);
}

TEST_CASE("the number of ranks changes no bit of replicas apart") {
    for (const DType precision : {DType::float32, DType::bfloat16, DType::float16, DType::float64}) {
        for (const std::int64_t steps : {1, 3, 4, 100}) {
            Options options{.plan = kUneven, .precision = precision};
            options.plan.local.steps = steps;
            const Result alone = run_ranks(options, 1).front();
            REQUIRE(alone.error == "");
            REQUIRE(alone.losses.size() == 10);
            for (const int ranks : {2, 4}) {
                INFO(ranks << " ranks, " << precision << ", " << steps << " steps");
                for (const Result& result : run_ranks(options, ranks)) {
                    check_equal(result, alone);
                    REQUIRE(result.saved.size() == alone.saved.size());
                    check_equal(result.saved.back().trainer, alone.saved.back().trainer);
                }
            }
        }
    }
}

TEST_CASE("nor does a stop at any step, and a continuation on another number of ranks") {
    for (const char* const optimizer : {"adam", "sgd"}) {
        Options options{.plan = kUneven, .optimizer = {.name = optimizer, .learning_rate = 0.01}};
        const Result whole = run_ranks(options, 1).front();
        REQUIRE(whole.error == "");
        options.plan.save_every = 1;
        const Result saved = run_ranks(options, 2).front();
        check_equal(saved, whole);
        REQUIRE(saved.saved.size() == 10);
        for (std::size_t i = 0; i + 1 < saved.saved.size(); ++i) {
            const int ranks = i % 3 == 0 ? 1 : i % 3 == 1 ? 4 : 2;
            INFO(optimizer << " from step " << saved.saved[i].position.step << " on " << ranks);
            Options rest{.plan = kUneven, .optimizer = options.optimizer, .from = &saved.saved[i]};
            for (const Result& second : run_ranks(rest, ranks)) {
                CHECK(second.error == "");
                CHECK((second.state == whole.state));
                CHECK(std::equal(second.losses.rbegin(), second.losses.rend(), whole.losses.rbegin()));
                CHECK(second.losses.size() == 9 - i);
                check_equal(second.log_lines.back().train, whole.log_lines.back().train);
            }
        }
    }
}

TEST_CASE("ranks that train apart stop where they meet") {
    const Result whole = run_ranks({.plan = kUneven}, 1).front();
    for (const std::int64_t stop_at : {1, 3, 4}) {
        const Result first = run_ranks({.plan = kUneven, .stop_at = stop_at}, 2).front();
        REQUIRE(first.error == "");
        CHECK(first.saved.back().position.step == (stop_at == 4 ? 5 : 3));  // 5: the end of the epoch
        for (const Result& second : run_ranks({.plan = kUneven, .from = &first.saved.back()}, 4))
            CHECK((second.state == whole.state));
    }
}

TEST_CASE("the model is the mean of replicas that train apart") {
    const TrainingPlan plan{.steps = 4, .batch_size = 37, .replicas = 4, .local = {.steps = 3}};
    const Result result = run_ranks({.plan = plan, .precision = DType::float64}, 2).front();
    REQUIRE(result.error == "");
    const test::Saved& saved = result.saved.back();
    for (const auto& [name, tensor] : saved.model) {
        if (name.find("running_") == std::string::npos) continue;
        const Tensor rows = named(saved.trainer, "local." + name);
        REQUIRE(rows.dim(0) == 4);
        for (std::int64_t k = 0; k < tensor.numel(); ++k) {
            double sum = 0;
            for (std::int64_t r = 0; r < 4; ++r) sum += rows.data<double>()[r * tensor.numel() + k];
            CHECK(std::abs(tensor.data<double>()[k] - sum / 4) <= 4 * 0x1p-52 * std::abs(sum));
        }
        CHECK(rows.data<double>()[0] != rows.data<double>()[tensor.numel()]);
    }
}

TEST_CASE("local steps that cannot be are refused") {
    const auto error = [](TrainingPlan plan) {
        plan.steps = 1;
        plan.replicas = 2;
        return run_ranks({.plan = plan}, 1).front().error;
    };
    CHECK(error({.local = {.steps = -1}}) ==
          "[local steps] there must be at least 1 between two averages, got -1");
    CHECK(error({.local = {.steps = 1, .outer_rate = 0}}) ==
          "[local steps] the outer learning rate must be above 0, got 0");
    CHECK(error({.local = {.steps = 1, .outer_momentum = 1}}) ==
          "[local steps] the outer momentum must be in [0, 1), got 1");
    CHECK(error({.sync_batch_norm = true, .local = {.steps = 1}}) ==
          "[train] batch norms of replicas that train apart cannot be synced");
    CHECK(error({.local = {.steps = 1}, .average_decay = 0.9}) ==
          "[train] replicas that train apart have no average over steps");
}
