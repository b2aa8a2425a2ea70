// What is computed follows from the number of replicas, never from who computes them.
#include "tern/training/replicas.hpp"

#include <algorithm>
#include <cmath>

#include "tern/core/tree_order.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/rank_runs.hpp"

using namespace tern;
using test::check_equal;
using test::kUneven;
using test::run_rank;
using test::run_ranks;
using Options = test::RankOptions;
using Result = test::RankResult;

namespace {

void check_equal_on(const Options& options, std::initializer_list<int> counts) {
    const Result alone = run_ranks(options, 1).front();
    REQUIRE(alone.error == "");
    REQUIRE_FALSE(alone.losses.empty());
    for (const int ranks : counts) {
        INFO(ranks << " ranks of " << options.plan.replicas << " replicas, " << options.precision);
        for (const Result& result : run_ranks(options, ranks)) check_equal(result, alone);
    }
}

const OptimizerSettings kSgd{.name = "sgd", .learning_rate = 0.01, .momentum = 0.9};

// Of weights, statistics and losses.
double largest_difference(const Result& a, const Result& b) {
    const auto numbers = [](const Result& result) {
        std::vector<double> all;
        for (const auto& [name, tensor] : result.saved.back().model) {
            if (!is_floating(tensor.dtype())) continue;
            const auto elements = tensor.elements<double>();
            all.insert(all.end(), elements.begin(), elements.end());
        }
        all.insert(all.end(), result.losses.begin(), result.losses.end());
        return all;
    };
    return test::largest_difference(numbers(a), numbers(b));
}

}  // namespace

TEST_CASE("pieces follow each other and differ by at most one sample") {
    for (std::int64_t samples = 0; samples < 20; ++samples) {
        for (std::int64_t replicas = 1; replicas < 9; ++replicas) {
            std::int64_t next = 0;
            for (std::int64_t i = 0; i < replicas; ++i) {
                const Piece piece = piece_of(samples, replicas, i);
                CHECK(piece.begin == next);
                CHECK((piece.count == samples / replicas || piece.count == samples / replicas + 1));
                CHECK((piece.count > 0 || i >= samples));
                next = piece.end();
            }
            CHECK(next == samples);
        }
    }
}

TEST_CASE("the tree adds every leaf once, and has sums of 2^k neighbours in it") {
    // Sums as texts: their brackets are the tree.
    const auto sum_of = [](std::vector<std::string> leaves) {
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            for (const std::int64_t left : tree_lefts(static_cast<std::int64_t>(i), std::ssize(leaves)))
                leaves[i] = "(" + leaves[static_cast<std::size_t>(left)] + leaves[i] + ")";
        }
        return leaves.back();
    };
    CHECK(sum_of({"a"}) == "a");
    CHECK(sum_of({"a", "b", "c"}) == "((ab)c)");
    CHECK(sum_of({"a", "b", "c", "d"}) == "((ab)(cd))");
    CHECK(sum_of({"a", "b", "c", "d", "e", "f", "g"}) == "(((ab)(cd))((ef)g))");
    for (std::size_t count = 1; count <= 24; ++count) {
        std::vector<std::string> leaves;
        for (std::size_t i = 0; i < count; ++i) leaves.emplace_back(1, static_cast<char>('a' + i));
        for (std::size_t each = 2; each <= count; each *= 2) {
            if (count % each != 0) continue;
            std::vector<std::string> parts;
            for (std::size_t i = 0; i < count; i += each)
                parts.push_back(sum_of({leaves.begin() + static_cast<std::ptrdiff_t>(i),
                                        leaves.begin() + static_cast<std::ptrdiff_t>(i + each)}));
            CHECK(sum_of(parts) == sum_of(leaves));
        }
    }
}

TEST_CASE("replicas that ranks cannot share are refused") {
    CHECK_THROWS_WITH(share_of(0, 0, 1), "[replicas] at least 1 is needed, got 0");
    CHECK_THROWS_WITH(share_of(4, 0, 3), "[replicas] must be a multiple of the 3 ranks, got 4");
    CHECK_THROWS_WITH(share_of(6, 0, 2),
                      "[replicas] each of several ranks computes 1, 2, 4, 8, ... of them, got 6 for 2 ranks");
    CHECK(share_of(6, 0, 1).count() == 6);
    CHECK(share_of(8, 3, 4).begin == 6);
}

TEST_CASE("the number of ranks changes no bit") {
    for (const DType precision : {DType::float32, DType::bfloat16, DType::float16, DType::float64})
        check_equal_on({.plan = kUneven, .precision = precision}, {2, 4});
    TrainingPlan three = kUneven;
    three.replicas = 3;
    check_equal_on({.plan = three, .optimizer = kSgd}, {3});
    TrainingPlan six = kUneven;
    six.replicas = 6;
    check_equal_on({.plan = six}, {3, 6});
}

TEST_CASE("nor does when and in which parts gradients are sent") {
    const Result alone = run_ranks({.plan = kUneven}, 1).front();
    for (const ExchangeOptions& exchange :
         {ExchangeOptions{.overlap = false}, ExchangeOptions{.bucket_bytes = 1},
          ExchangeOptions{.bucket_bytes = 4096}}) {
        for (const int ranks : {2, 4})
            for (const Result& result : run_ranks({.plan = kUneven, .exchange = exchange}, ranks))
                check_equal(result, alone);
    }
}

TEST_CASE("nor does a stop, and a continuation on another number of ranks") {
    const Result whole = run_ranks({.plan = kUneven}, 1).front();
    const auto total = static_cast<std::int64_t>(whole.losses.size());
    for (std::int64_t stop_at = 1; stop_at < total; stop_at += 2) {
        const int before = stop_at % 4 == 1 ? 4 : 2, after = stop_at % 3 == 0 ? 1 : 6 - before;
        INFO("stopped after step " << stop_at << " on " << before << " ranks, continued on " << after);
        const Result first = run_ranks({.plan = kUneven, .stop_at = stop_at}, before).front();
        REQUIRE(first.error == "");
        REQUIRE_FALSE(first.saved.empty());
        CHECK(first.saved.back().position.step == stop_at);
        for (const Result& second : run_ranks({.plan = kUneven, .from = &first.saved.back()}, after)) {
            CHECK((second.state == whole.state));
            std::vector<double> losses = first.losses;
            losses.insert(losses.end(), second.losses.begin(), second.losses.end());
            CHECK(losses == whole.losses);
            CHECK(second.error == "");
            REQUIRE_FALSE(second.log_lines.empty());
            check_equal(second.log_lines.back().train, whole.log_lines.back().train);
            check_equal(second.log_lines.back().test.value(), whole.log_lines.back().test.value());
        }
    }
}

// Between the two stands the rounding of sums of some hundred terms over 20 steps, about 1e-14. Not with Adam: the
// gradient of a bias before a batch norm is 0 but for rounding, which Adam makes steps of.
TEST_CASE("synced batch norms are those of one replica with the whole batch") {
    Options options{
        .plan = {.steps = 20, .batch_size = 37, .seed = 3}, .precision = DType::float64, .optimizer = kSgd};
    options.plan.replicas = 1;
    const Result whole = run_ranks(options, 1).front();
    REQUIRE(whole.error == "");
    options.plan.replicas = 0;
    const Result apart = run_ranks(options, 4).front();
    CHECK(largest_difference(apart, whole) > 1e-3);  // the batch statistics are others
    options.plan.sync_batch_norm = true;
    for (const int ranks : {2, 3, 4}) {
        INFO(ranks << " ranks");
        const std::vector<Result> results = run_ranks(options, ranks);
        REQUIRE(results.front().error == "");
        CHECK(largest_difference(results.front(), whole) <= 1e-10);
        for (const Result& result : results) check_equal(result, results.front());
    }
}

// The first batch norm's input does not depend on batch statistics.
TEST_CASE("running statistics are those of all replicas' samples together") {
    Options options{.plan = {.steps = 1, .batch_size = 37}, .precision = DType::float64};
    const auto statistics = [&](std::int64_t replicas) {
        options.plan.replicas = replicas;
        const Result result = run_ranks(options, 1).front();
        std::vector<double> numbers;
        for (const auto& [name, tensor] : result.saved.back().model) {
            if (name.find("running_") == std::string::npos) continue;
            numbers.insert(numbers.end(), tensor.data<double>(), tensor.data<double>() + tensor.numel());
        }
        return numbers;
    };
    const std::vector<double> whole = statistics(1);
    REQUIRE(whole.size() == 32);
    for (const std::int64_t replicas : {2, 3, 5, 8}) {
        const std::vector<double> merged = statistics(replicas);
        REQUIRE(merged.size() == whole.size());
        // 2,368 numbers of at most 1: eps times their number at the worst.
        for (std::size_t i = 0; i < whole.size(); ++i)
            CHECK(std::abs(merged[i] - whole[i]) <= 2368 * 0x1p-52);
    }
}

TEST_CASE("synced batch norms need a replica on each rank") {
    Options options{.plan = kUneven};
    options.plan.sync_batch_norm = true;
    CHECK(run_ranks(options, 2).front().error ==
          "[train] batch norms are synced between ranks of one replica each, got 2 replicas on a rank");
}

TEST_CASE("a rank that fails ends the others") {
    Options options{.plan = kUneven};
    auto communicators = make_thread_communicators(2, 30);
    Result first;
    std::jthread other([&] {
        first = run_rank(options, *communicators[0]);
        communicators[0].reset();
    });
    communicators[1]->fail("[disk] is full");
    other.join();
    CHECK(first.error.find("[disk] is full") != std::string::npos);
}
