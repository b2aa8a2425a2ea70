#include "tern/training/tuner.hpp"

#include <algorithm>

#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/training_step.hpp"

using namespace tern;

namespace {

// With ref as the usual implementation, cpu is the other candidate of every pass that has one.
std::vector<TunedProblem> tuned_beside_ref() {
    const KernelPolicyScope policy(KernelPolicy::parse("ref"));
    test::SmallNetwork network(4);
    const DatasetSource source = test::small_source(Split::train);
    return tune(network, source, 32);
}

}  // namespace

TEST_CASE("every problem of a step with several implementations is timed once") {
    const std::vector<TunedProblem> problems = tuned_beside_ref();
    for (const char* pass : {"conv2d.forward ", "conv2d.backward_weight ", "batch_norm.backward ",
                             "normalize.forward ", "linear.forward "}) {
        INFO(pass);
        CHECK(std::ranges::any_of(
            problems, [pass](const TunedProblem& tuned) { return tuned.problem.starts_with(pass); }));
    }
    std::vector<std::string> names;
    for (const TunedProblem& tuned : problems) {
        INFO(tuned.problem);
        names.push_back(tuned.problem);
        CHECK(tuned.usual == "ref");
        REQUIRE(tuned.timings.size() == 2);
        CHECK(tuned.seconds_of("ref") > 0);
        CHECK(tuned.seconds_of("cpu") > 0);
        const bool cpu_wins = tuned.seconds_of("cpu") < (1 - kTuningMargin) * tuned.seconds_of("ref");
        CHECK(tuned.fastest == (cpu_wins ? "cpu" : "ref"));
        // In place: the second run would start from what the first left.
        CHECK_FALSE(tuned.problem.starts_with("adam_step"));
        CHECK_FALSE(tuned.problem.starts_with("accumulate"));
    }
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
}

TEST_CASE("choices are those that differ from the usual ones") {
    const TunedProblem same{"softmax.forward a", "cpu", "cpu", {}},
        other{"softmax.forward b", "ref", "cpu", {}};
    const TuningTable::Choices choices = choices_of({same, other});
    REQUIRE(choices.size() == 1);
    CHECK(choices.at("softmax.forward b") == "cpu");
}

TEST_CASE("timing the implementations changes nothing in the step") {
    const auto state_after = [](bool tuned) {
        test::SmallNetwork network(4);
        const DatasetSource source = test::small_source(Split::train);
        const KernelPolicyScope policy(KernelPolicy::parse("ref"));
        if (tuned) {
            tune(network, source, 32);
        } else {
            const auto optimizer = make_optimizer(FlatParameters(network), {});
            TrainingStep step(network, *optimizer, source);
            step.run(epoch_order(32, false, 0, 0, Device::cpu()));
        }
        return test::state_bytes(network);
    };
    CHECK(state_after(true) == state_after(false));
}

TEST_CASE("a batch must not be larger than the samples") {
    test::SmallNetwork network(4);
    const DatasetSource source = test::small_source(Split::train);
    CHECK_THROWS_WITH(tune(network, source, 151), "[tune] the batch size must be in [1, 150], got 151");
}
