// What exchanges in fewer bytes add up to, and that ranks change none of it.
#include "tern/training/compressed_exchange.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include "tern/core/half.hpp"
#include "tern/distributed/thread_communicators.hpp"
#include "tern/layers/linear.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/rank_runs.hpp"

using namespace tern;
using test::check_equal;
using test::run_ranks;
using Options = test::RankOptions;
using Result = test::RankResult;

namespace {

constexpr std::int64_t kReplicas = 4, kSteps = 5;
constexpr ExchangeType kTypes[] = {ExchangeType::bfloat16, ExchangeType::int8, ExchangeType::top_k};

// Gradients of a step and replica, of the flat parameters of a layer (30 inputs, 20 outputs).
std::vector<double> gradients(std::int64_t step, std::int64_t replica, std::size_t size) {
    std::mt19937 random(static_cast<unsigned>(step * kReplicas + replica));
    std::normal_distribution<double> normal;
    std::vector<double> numbers(size);
    for (double& number : numbers) number = normal(random) * std::pow(10, replica - 2);
    return numbers;
}

struct Sums {
    std::vector<std::vector<double>> steps;  // what came out
    NamedTensors state;
};

Sums sums_of(const ExchangeOptions& options, Communicator& communicator) {
    Linear layer(30, 20);
    layer.initialize(Initialization::glorot_uniform, 1);
    layer.to(DType::float64);
    const FlatParameters parameters(layer);
    const ReplicaShare share = share_of(kReplicas, communicator.rank(), communicator.size());
    const auto exchange = make_gradient_exchange(parameters, share, communicator, options);
    Sums sums;
    const auto size = static_cast<std::size_t>(parameters.size());
    for (std::int64_t step = 0; step < kSteps; ++step) {
        for (std::int64_t i = 0; i < share.count(); ++i) {
            exchange->begin(i);
            std::ranges::copy(gradients(step, share.begin + i, size), parameters.gradients().data<double>());
            exchange->end(i);
        }
        const auto out = parameters.gradients().elements<double>();
        sums.steps.emplace_back(out.begin(), out.end());
    }
    exchange->gather();
    sums.state = test::copies(exchange->state());
    return sums;
}

std::vector<Sums> sums_on(int ranks, const ExchangeOptions& options) {
    auto communicators = make_thread_communicators(ranks, 30);
    std::vector<Sums> sums(static_cast<std::size_t>(ranks));
    std::vector<std::jthread> threads;
    for (std::size_t rank = 0; rank < sums.size(); ++rank)
        threads.emplace_back([&, rank] { sums[rank] = sums_of(options, *communicators[rank]); });
    threads.clear();
    return sums;
}

// The formula, with sums over replicas from left to right.
std::vector<double> shortened(const std::vector<double>& x, ExchangeType type, double share) {
    std::vector<double> q(x.size());
    if (type == ExchangeType::bfloat16)
        std::ranges::transform(x, q.begin(),
                               [](double v) { return static_cast<double>(static_cast<float>(bfloat16(v))); });
    if (type == ExchangeType::int8) {
        for (std::size_t begin = 0; begin < x.size(); begin += 256) {
            const std::size_t end = std::min(begin + 256, x.size());
            double largest = 0;
            for (std::size_t i = begin; i < end; ++i) largest = std::max(largest, std::abs(x[i]));
            const double scale = largest * (1 / 127.0);
            for (std::size_t i = begin; i < end && scale > 0; ++i)
                q[i] = std::floor(x[i] / scale + 0.5) * scale;
        }
    }
    if (type == ExchangeType::top_k) {
        std::vector<std::size_t> order(x.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::stable_sort(
            order, [&](std::size_t a, std::size_t b) { return std::abs(x[a]) > std::abs(x[b]); });
        const auto most = static_cast<std::size_t>(std::llround(share * static_cast<double>(x.size())));
        for (std::size_t i = 0; i < most; ++i) q[order[i]] = x[order[i]];
    }
    return q;
}

std::vector<std::vector<double>> by_hand(ExchangeType type, double share, std::size_t size) {
    std::vector<std::vector<double>> errors(kReplicas, std::vector<double>(size)), out;
    std::vector<double> sum_error(size);
    for (std::int64_t step = 0; step < kSteps; ++step) {
        std::vector<double> sum(size);
        for (std::size_t r = 0; r < kReplicas; ++r) {
            const std::vector<double> g = gradients(step, static_cast<std::int64_t>(r), size);
            for (std::size_t i = 0; i < size; ++i) errors[r][i] += g[i];
            const std::vector<double> q = shortened(errors[r], type, share);
            for (std::size_t i = 0; i < size; ++i) {
                errors[r][i] -= q[i];
                sum[i] += q[i];
            }
        }
        if (type != ExchangeType::top_k) {
            for (std::size_t i = 0; i < size; ++i) sum_error[i] += sum[i];
            sum = shortened(sum_error, type, share);
            for (std::size_t i = 0; i < size; ++i) sum_error[i] -= sum[i];
        }
        out.push_back(sum);
    }
    return out;
}

}  // namespace

TEST_CASE("compressed sums are those of the formula") {
    for (const ExchangeType type : kTypes) {
        const double share = 0.05;
        const Sums sums = sums_on(1, {.type = type, .share = share}).front();
        const auto expected = by_hand(type, share, sums.steps.front().size());
        for (std::size_t step = 0; step < kSteps; ++step) {
            INFO("type " << static_cast<int>(type) << ", step " << step);
            // Another order of four terms of at most some 50; a number that it brings to the other side of a rounding
            // would be further away, but these do not.
            CHECK(test::largest_difference(sums.steps[step], expected[step]) <= 1e-12);
        }
    }
}

TEST_CASE("what is not sent is kept") {
    for (const ExchangeType type : kTypes) {
        const Sums sums = sums_on(2, {.type = type}).front();
        const std::size_t size = sums.steps.front().size();
        for (std::size_t i = 0; i < size; i += 7) {
            double given = 0, came = 0;
            for (std::int64_t step = 0; step < kSteps; ++step) {
                came += sums.steps[static_cast<std::size_t>(step)][i];
                for (std::int64_t r = 0; r < kReplicas; ++r) given += gradients(step, r, size)[i];
            }
            for (const NamedTensor& named : sums.state)
                for (std::size_t at = i; at < static_cast<std::size_t>(named.tensor.numel()); at += size)
                    came += named.tensor.data<double>()[at];
            // Some 60 roundings of numbers below 100.
            CHECK(std::abs(came - given) <= 60 * 100 * 0x1p-53);
        }
    }
}

TEST_CASE("ranks change no bit of compressed sums") {
    for (const ExchangeType type : kTypes) {
        const Sums alone = sums_on(1, {.type = type}).front();
        for (const int ranks : {2, 4})
            for (const Sums& sums : sums_on(ranks, {.type = type})) {
                CHECK(sums.steps == alone.steps);
                check_equal(sums.state, alone.state);
            }
    }
}

TEST_CASE("nor of training with them, nor a stop, with gradients or averages") {
    for (const ExchangeType type : kTypes) {
        for (const std::int64_t steps : {0, 3}) {
            Options options{.plan = test::kUneven, .exchange = {.type = type, .share = 0.1}};
            options.plan.local.steps = steps;
            const Result alone = run_ranks(options, 1).front();
            REQUIRE(alone.error == "");
            REQUIRE(alone.losses.size() == 10);
            for (const int ranks : {2, 4}) {
                INFO("type " << static_cast<int>(type) << ", " << ranks << " ranks, " << steps);
                for (const Result& result : run_ranks(options, ranks)) check_equal(result, alone);
            }
            options.plan.save_every = 1;
            const Result saved = run_ranks(options, 2).front();
            check_equal(saved, alone);
            for (std::size_t i = 0; i + 1 < saved.saved.size(); i += 2) {
                Options rest = options;
                rest.from = &saved.saved[i];
                for (const Result& second : run_ranks(rest, i % 4 == 0 ? 4 : 1)) {
                    CHECK(second.error == "");
                    CHECK((second.state == alone.state));
                }
            }
        }
    }
}

TEST_CASE("training with compressed exchanges is close to that without") {
    Options options{.plan = {.steps = 100, .batch_size = 36, .seed = 3, .replicas = 4}, .dropout = false};
    const auto last_loss = [&](ExchangeType type) {
        options.exchange = {.type = type, .share = 0.1};
        const Result result = run_ranks(options, 1).front();
        REQUIRE(result.error == "");
        return result.losses.back();
    };
    const double exact = last_loss(ExchangeType::float32);
    CHECK(exact < 1.3);  // from 1.55
    for (const ExchangeType type : kTypes) CHECK(last_loss(type) == Approx(exact).margin(0.1));
}

TEST_CASE("compressed exchanges that cannot be are refused") {
    const auto error = [](const ExchangeOptions& exchange, DType precision) {
        return run_ranks({.plan = test::kUneven, .precision = precision, .exchange = exchange}, 1)
            .front()
            .error;
    };
    CHECK(error({.type = ExchangeType::top_k, .share = 0}, DType::float32) ==
          "[exchange] the share of numbers to send must be in (0, 1], got 0");
    CHECK(error({.type = ExchangeType::top_k, .share = 1.5}, DType::float32) ==
          "[exchange] the share of numbers to send must be in (0, 1], got 1.5");
    CHECK(error({.type = ExchangeType::int8}, DType::float16) ==
          "[train] what is kept of float16's scaled gradients would not fit the next scale: exchanges are "
          "not compressed");
}
