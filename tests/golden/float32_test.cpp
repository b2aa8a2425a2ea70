// Both networks in float32, as dispatch chooses, batches of 64: the first step against the float64 truth,
// held to the distance that PyTorch's own float32 has from it; then the losses of five steps.
#include <cmath>

#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/golden/digest.hpp"
#include "tern/tests/golden/float32_bounds.hpp"
#include "tern/tests/golden/networks.hpp"

using namespace tern;
using namespace tern::test;

namespace {

void check_first_step(const std::string& name) {
    const KernelPolicyScope scope(KernelPolicy::parse("auto"));
    const Json golden = read_golden(name)["float32"];
    const auto network = golden_network(name, DType::float32);
    const GoldenBatch batch = golden_batch(name, golden["batch"], 0, DType::float32);
    const GoldenStep step = forward_and_backward(*network, batch);

    const Tensor logits = listed(golden["logits"], step.logits.shape());
    const double logits_distance = relative_distance(step.logits, logits);
    INFO(name << ": logits off by " << logits_distance);
    CHECK(logits_distance <= kLogitsBound);
    CHECK(std::fabs(step.loss - golden["loss"].get<double>()) <= loss_bound(logits));

    REQUIRE(step.gradients.size() == golden["gradients"].size());
    for (const auto& [key, gradient] : step.gradients) {
        const Json& expected = golden["gradients"].at(key);
        if (expected.contains("rounding_noise")) continue;
        // The estimate gets no allowance for its own error. One that is 6 times PyTorch's distance passes
        // with a probability of 3 % (chi-square, 16 degrees of freedom, below 16 (4 / 6)^2).
        const double distance = Digest(key, expected).estimated_distance(gradient);
        const double allowed = allowed_distance(expected);
        INFO(key << ": off by " << distance << ", allowed " << allowed);
        if (!(distance <= allowed)) FAIL_CHECK("too far from the float64 gradient");
    }
}

// Losses grow apart by what steps before did to the weights; with Adam a gradient near zero moves a weight as
// far as any other, so that rounding decides some directions.
void check_losses(const std::string& name, const std::string& optimizer, double bound) {
    const KernelPolicyScope scope(KernelPolicy::parse("auto"));
    const Json golden = read_golden(name)["float32"];
    const std::vector<double> expected = golden[optimizer]["losses"];
    REQUIRE(expected.size() == 5);
    const auto network = golden_network(name, DType::float32);
    const std::vector<double> losses = train(*network, name, optimizer, golden["batch"], expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        INFO(name << ", " << optimizer << ", step " << i << ": " << losses[i] << ", PyTorch " << expected[i]);
        if (!(std::fabs(losses[i] - expected[i]) <= bound * expected[i])) FAIL_CHECK("losses differ");
    }
}

}  // namespace

TEST_CASE("the first step in float32 is as near the truth as PyTorch's") {
    for (const std::string name : kNetworks) check_first_step(name);
}

TEST_CASE("losses of five steps in float32 agree with PyTorch: mini_xception") {
    check_losses("mini_xception", "sgd", 1e-3);
    check_losses("mini_xception", "adam", 5e-3);
}

TEST_CASE("losses of five steps in float32 agree with PyTorch: mini_xception_dense", "[.slow]") {
    check_losses("mini_xception_dense", "sgd", 1e-3);
    check_losses("mini_xception_dense", "adam", 5e-3);
}
