// Every operation against PyTorch: outputs, and gradients of all inputs.
#include "tern/tests/golden/operations.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "tern/core/autograd.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/golden/hashed.hpp"
#include "tern/tests/golden/networks.hpp"

using namespace tern;
using namespace tern::test;

namespace {

Tensor hashed_tensor(const std::string& name, const Shape& shape, DType dtype, double scale, double offset) {
    const Hashed hashed(name);
    const Tensor tensor = Tensor::empty(shape, dtype);
    visit_floating(dtype, [&]<class T>() {
        for (std::int64_t i = 0; i < tensor.numel(); ++i) {
            tensor.data<T>()[i] = static_cast<T>(hashed.value(i, scale, offset));
        }
    });
    return tensor;
}

Shape shape_of(const Json& json) {
    const std::vector<std::int64_t> extents = json["shape"];
    return Shape(extents);
}

/// |actual - expected| <= terms * epsilon * largest, where no sum has more terms than `terms` and `largest`
/// is the largest expected value (at least 1, the size of the inputs).
void check(const Tensor& actual, const Json& expected, std::int64_t terms) {
    REQUIRE(actual.defined());
    REQUIRE(actual.shape() == shape_of(expected));
    const std::vector<double> values = expected["values"];
    double largest = 1;
    for (const double value : values) largest = std::max(largest, std::fabs(value));
    const double bound = static_cast<double>(terms) * epsilon_of(actual.dtype()) * largest;
    visit_floating(actual.dtype(), [&]<class T>() {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double value = static_cast<double>(actual.data<T>()[i]);
            INFO("element " << i << ": " << value << ", PyTorch has " << values[i] << ", bound " << bound);
            if (!(std::fabs(value - values[i]) <= bound)) FAIL_CHECK("differs from PyTorch");
        }
    });
}

void check_case(const std::string& operation, const Json& golden, GoldenOperation compute, DType dtype) {
    const std::string prefix = operation + "/" + golden["name"].get<std::string>() + "/";
    Inputs inputs;
    // Element-wise functions of a few steps have bounds of their own kind; 16 covers them.
    std::int64_t terms = 16;
    for (const auto& [name, spec] : golden["inputs"].items()) {
        Tensor input = hashed_tensor(prefix + name, shape_of(spec), dtype, spec["scale"], spec["offset"]);
        inputs.add(name, input.set_requires_grad(true));
        terms = std::max(terms, input.numel());
    }
    const Tensors outputs = compute(golden["params"], inputs);
    std::size_t next = 0;
    for (const auto& [name, expected] : golden["outputs"].items()) {
        INFO("output " << name);
        REQUIRE(next < outputs.size());
        check(outputs[next++], expected, terms);
    }
    CHECK(next == outputs.size());
    const std::string first = golden["outputs"].begin().key();
    backward(outputs[0], hashed_tensor(prefix + first + "/gradient", outputs[0].shape(), dtype, 1, 0));
    for (const auto& [name, expected] : golden["gradients"].items()) {
        INFO("gradient of " << name);
        check(inputs[name].grad(), expected, terms);
    }
}

void check_operations(DType dtype, const char* kernels) {
    const KernelPolicyScope scope(KernelPolicy::parse(kernels));
    for (const auto& [operation, compute] : golden_operations()) {
        const Json file = read_golden(operation);
        REQUIRE(!file["cases"].empty());
        for (const Json& golden : file["cases"]) {
            INFO(operation << ", case " << golden["name"]);
            check_case(operation, golden, compute, dtype);
        }
    }
}

}  // namespace

TEST_CASE("operations agree with PyTorch: float64 on ref") { check_operations(DType::float64, "ref"); }

TEST_CASE("operations agree with PyTorch: float32 as dispatch chooses") {
    check_operations(DType::float32, "auto");
}

TEST_CASE("no golden file goes unread") {
    constexpr const char* kOfOtherTests[] = {"augmentation", "calibration", "classification_report",
                                             "distillation", "optimizers",  "schedules"};
    for (const auto& entry : std::filesystem::directory_iterator(TERN_GOLDEN_DIR)) {
        if (entry.path().extension() != ".json") continue;
        const std::string name = entry.path().stem();
        INFO(name);
        const auto is_in = [&](const auto& names) {
            return std::ranges::find(names, name) != std::end(names);
        };
        CHECK((golden_operations().contains(name) || is_in(kNetworks) || is_in(kSmallNetworks) ||
               is_in(kLargerNetworks) || is_in(kOfOtherTests)));
    }
}
