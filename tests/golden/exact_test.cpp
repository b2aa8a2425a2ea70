// The networks against PyTorch, float64 on the reference loops, from equal weights over equal samples: of two
// the first step whole, and four steps of both optimizers; of the others four steps of SGD.
#include <cmath>

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/golden/digest.hpp"
#include "tern/tests/golden/networks.hpp"

using namespace tern;
using namespace tern::test;

namespace {

// Relative to the norm of a tensor. A few hundred roundings of 1.1e-16 grow to 1e-13 on the way through the
// network. Adam divides by the root of the second moment, so elements with a gradient near zero carry the
// errors of much larger numbers: three digits more.
constexpr double kBound = 1e-10, kAdamBound = 1e-7;

void check_number(double actual, double expected, double bound) {
    INFO(actual << ", PyTorch has " << expected);
    if (!(std::fabs(actual - expected) <= bound * std::fabs(expected))) FAIL_CHECK("differs from PyTorch");
}

void check_list(const Tensor& actual, const Json& expected, double bound) {
    const double distance = relative_distance(actual, listed(expected, actual.shape()));
    INFO("distance " << distance);
    if (!(distance <= bound)) FAIL_CHECK("differs from PyTorch");
}

void check_digest(const Tensor& actual, const std::string& name, const Json& expected, double bound) {
    for (const double error : Digest(name, expected).errors(actual)) {
        INFO(name << ": off by " << error << " of its norm, bound " << bound);
        if (!(std::fabs(error) <= bound)) FAIL_CHECK("differs from PyTorch");
    }
}

void check_evaluation(Module& network, const std::string& name, const Json& golden) {
    network.eval();
    const NoGrad no_grad;
    const GoldenBatch batch = golden_batch(name, golden["batch"], 0, DType::float64);
    check_list(network(batch.images), golden["evaluation_logits"], kBound);
}

// A bias before a batch norm has gradient zero; both sides hold rounding noise.
bool is_noise(const Json& gradients, const std::string& name) {
    return gradients.contains(name) && gradients[name].contains("rounding_noise");
}

void check_first_step(const std::string& name) {
    const KernelPolicyScope scope(KernelPolicy::parse("ref"));
    const Json golden = read_golden(name)["exact"];
    const auto network = golden_network(name, DType::float64);
    const NamedTensors parameters = network->parameters();
    const GoldenBatch batch = golden_batch(name, golden["batch"], 0, DType::float64);
    const GoldenStep step = forward_and_backward(*network, batch);
    check_number(step.loss, golden["loss"], kBound);
    check_list(step.logits, golden["logits"], kBound);

    REQUIRE(step.gradients.size() == golden["gradients"].size());
    for (const auto& [key, gradient] : step.gradients) {
        if (is_noise(golden["gradients"], key)) {
            CHECK(norm_of(gradient) < 1e-10 * norm_of(named_tensor(parameters, key)));
        } else {
            check_digest(gradient, key, golden["gradients"].at(key), kBound);
        }
    }
    const NamedTensors buffers = network->buffers();
    CHECK(golden["running"].size() == buffers.size() / 3 * 2);  // mean, variance; and a count
    for (const auto& [key, expected] : golden["running"].items()) {
        check_digest(named_tensor(buffers, key), key, expected, kBound);
    }
    check_evaluation(*network, name, golden);
}

std::unique_ptr<Module> check_training(const std::string& name, const Json& golden,
                                       const std::string& optimizer, double bound) {
    INFO(name << ", " << optimizer);
    const Json& expected = golden[optimizer];
    const Json gradients = golden.value("gradients", Json::object());
    const std::size_t steps = expected["losses"].size();
    REQUIRE(steps == 4);
    auto network = golden_network(name, DType::float64);
    const std::vector<double> losses = train(*network, name, optimizer, golden["batch"], steps);
    for (std::size_t i = 0; i < steps; ++i) check_number(losses[i], expected["losses"][i], bound);
    const NamedTensors state = network->state();
    CHECK(expected["state"].size() == network->parameters().size() + network->buffers().size() / 3 * 2);
    for (const auto& [key, digest] : expected["state"].items()) {
        if (is_noise(gradients, key)) continue;
        // Running means hold these biases. Noise of 1e-15 moves a bias by 1e-17 (SGD) or, over Adam's epsilon
        // of 1e-8, by 1e-10: taking the biases off would change nothing at the bounds.
        check_digest(named_tensor(state, key), key, digest, bound);
    }
    return network;
}

void check_both_optimizers(const std::string& name) {
    const KernelPolicyScope scope(KernelPolicy::parse("ref"));
    const Json golden = read_golden(name)["exact"];
    check_training(name, golden, "sgd", kBound);
    check_training(name, golden, "adam", kAdamBound);
}

void check_four_steps(const std::string& name) {
    const KernelPolicyScope scope(KernelPolicy::parse("ref"));
    const Json golden = read_golden(name)["exact"];
    check_evaluation(*check_training(name, golden, "sgd", kBound), name, golden);
}

}  // namespace

TEST_CASE("mini_xception agrees with PyTorch in float64: one step") { check_first_step("mini_xception"); }

// On the reference loops these take a minute and more.
TEST_CASE("mini_xception_dense agrees with PyTorch in float64: one step", "[.slow]") {
    check_first_step("mini_xception_dense");
}

TEST_CASE("mini_xception agrees with PyTorch in float64: four steps of SGD and Adam", "[.slow]") {
    check_both_optimizers("mini_xception");
}

TEST_CASE("mini_xception_dense agrees with PyTorch in float64: four steps of SGD and Adam", "[.slow]") {
    check_both_optimizers("mini_xception_dense");
}

TEST_CASE("small networks agree with PyTorch in float64: four steps of SGD") {
    for (const std::string name : kSmallNetworks) check_four_steps(name);
}

TEST_CASE("larger networks agree with PyTorch in float64: four steps of SGD", "[.slow]") {
    for (const std::string name : kLargerNetworks) check_four_steps(name);
}
