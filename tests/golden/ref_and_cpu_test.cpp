// A whole training step in float32 on the reference loops and on the CPU implementations: logits, loss, gradients,
// and the weights after it.
#include <cmath>

#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/golden/float32_bounds.hpp"
#include "tern/tests/golden/networks.hpp"

using namespace tern;
using namespace tern::test;

namespace {

constexpr double kRate = 0.01;

struct TrainedStep {
    explicit TrainedStep(const std::string& name, const GoldenBatch& batch, const char* kernels)
        : network(golden_network(name, DType::float32)) {
        const KernelPolicyScope scope(KernelPolicy::parse(kernels));
        const auto optimizer =
            make_optimizer(FlatParameters(*network), {.name = "sgd", .learning_rate = kRate});
        step = forward_and_backward(*network, batch);
        optimizer->step();
    }

    std::unique_ptr<Module> network;
    GoldenStep step;
};

// Two results that are each within the bounds of float32_test.cpp could be twice as far from each other; they
// are not allowed to.
void check_step(const std::string& name) {
    const Json golden = read_golden(name)["float32"];
    const GoldenBatch batch = golden_batch(name, golden["batch"], 0, DType::float32);
    const TrainedStep ref(name, batch, "ref"), cpu(name, batch, "cpu");
    const double logits_distance = relative_distance(cpu.step.logits, ref.step.logits);
    INFO(name << ": logits differ by " << logits_distance);
    CHECK(logits_distance <= kLogitsBound);
    CHECK(std::fabs(cpu.step.loss - ref.step.loss) <= loss_bound(ref.step.logits));

    const NamedTensors mine = cpu.network->parameters(), theirs = ref.network->parameters();
    REQUIRE(theirs.size() == golden["gradients"].size());
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        const std::string& key = theirs[i].name;
        const Json& expected = golden["gradients"].at(key);
        if (expected.contains("rounding_noise")) continue;
        const Tensor &gradient = ref.step.gradients[i].tensor, &weight = theirs[i].tensor;
        const double allowed = allowed_distance(expected);
        const double distance = relative_distance(cpu.step.gradients[i].tensor, gradient);
        INFO(key << ": gradients differ by " << distance << ", allowed " << allowed);
        CHECK(distance <= allowed);
        // w - rate g: on each side the product and the difference are rounded, 2^-24 of at most |w| each.
        const double error = relative_distance(mine[i].tensor, weight) * norm_of(weight);
        const double allowed_error = kRate * allowed * norm_of(gradient) + 0x1p-22 * norm_of(weight);
        INFO("weights differ by " << error << ", allowed " << allowed_error);
        CHECK(error <= allowed_error);
    }
}

}  // namespace

// The reference loops take half a minute and two minutes.
TEST_CASE("a training step of mini_xception in float32: ref and cpu agree", "[.slow]") {
    check_step("mini_xception");
}

TEST_CASE("a training step of mini_xception_dense in float32: ref and cpu agree", "[.slow]") {
    check_step("mini_xception_dense");
}
