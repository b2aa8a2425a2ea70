// Autograd over ref in float64 against central differences.
#include <cmath>
#include <functional>
#include <string_view>

#include "tern/core/autograd.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/kernels/for_each_operation.hpp"

using namespace tern;

namespace {

// With step h the truncation error is h^2 f'''/6 and the rounding error eps |f| / h: both about 1e-10 at h =
// 1e-5 for values and derivatives of order 1, so 1e-6 of the largest derivative leaves room for larger ones.
constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-6;

double objective(const cases::GradientCase& gradient_case, const Tensors& inputs, const Tensors& weights) {
    const NoGrad no_grad;
    const Tensors outputs = gradient_case.function(inputs);
    double sum = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        for (std::int64_t j = 0; j < outputs[i].numel(); ++j) {
            sum += outputs[i].data<double>()[j] * weights[i].data<double>()[j];
        }
    }
    return sum;
}

void check_gradients(const cases::GradientCase& gradient_case) {
    Tensors inputs;
    for (const cases::TensorSpec& spec : gradient_case.inputs) {
        Tensor input = make_tensor(spec, DType::float64, 100 + inputs.size());
        if (input.defined() && is_floating(input.dtype())) input.set_requires_grad(true);
        inputs.push_back(input);
    }
    Tensors weights;
    for (const Tensor& output : gradient_case.function(inputs)) {
        weights.push_back(cases::make_tensor({output.shape()}, DType::float64, 200 + weights.size()));
        // One backward per output: the gradients of several outputs add up in the leaves.
        const Tensors again = gradient_case.function(inputs);
        const Tensor& result = again[weights.size() - 1];
        if (result.requires_grad()) backward(result, weights.back());
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!inputs[i].requires_grad()) continue;
        INFO("input " << i);
        REQUIRE((inputs[i].grad().defined() || inputs[i].numel() == 0));
        double largest = 1;
        std::vector<double> numeric;
        for (double& value : inputs[i].elements<double>()) {
            const double original = value;
            value = original + kStep;
            const double above = objective(gradient_case, inputs, weights);
            value = original - kStep;
            const double below = objective(gradient_case, inputs, weights);
            value = original;
            numeric.push_back((above - below) / (2 * kStep));
            largest = std::max(largest, std::fabs(numeric.back()));
        }
        for (std::size_t j = 0; j < numeric.size(); ++j) {
            const double error = std::fabs(inputs[i].grad().data<double>()[j] - numeric[j]);
            INFO("element " << j << ": autograd " << inputs[i].grad().data<double>()[j] << ", differences "
                            << numeric[j]);
            if (!(error <= kTolerance * largest)) FAIL_CHECK("gradient off by " << error);
        }
    }
}

}  // namespace

TEST_CASE("autograd in float64 agrees with central differences") {
    test::for_each_operation([](const cases::NamedCases& named) {
        for (const cases::GradientCase& gradient_case : named.cases.gradients) {
            INFO(named.op->name << ", " << gradient_case.name);
            check_gradients(gradient_case);
        }
    });
}

TEST_CASE("a product or quotient keeps what a gradient needs alone") {
    Tensor leaf = Tensor::full({3}, 5);
    leaf.set_requires_grad(true);
    const auto slope_of = [&](const std::function<Tensor(const Tensor&)>& function) {
        leaf.set_grad({});
        const Tensor x = leaf + 0, y = function(x);
        x.fill_zero();  // would be an error if it was saved
        backward(sum(y));
        return leaf.grad().data<float>()[0];
    };
    CHECK(slope_of([](const Tensor& x) { return x * 3; }) == 3);
    CHECK(slope_of([](const Tensor& x) { return 3 * x; }) == 3);
    CHECK(slope_of([](const Tensor& x) { return x / 4; }) == 0.25f);
    CHECK_THROWS_WITH(slope_of([](const Tensor& x) { return x * x; }), Catch::Contains("changed in place"));
    CHECK_THROWS_WITH(slope_of([](const Tensor& x) { return 4 / x; }), Catch::Contains("changed in place"));
}

TEST_CASE("every gradient rule has a case") {
    const auto has_rule = [](std::string_view op) {
#define TERN_OP(name, files) \
    if (op == #name) return std::string_view(#files).find("grad") != std::string_view::npos;
#include "tern/kernels/op_list.def"
#undef TERN_OP
        FAIL("no operation " << op);
        return false;
    };
    for (const cases::NamedCases& named : cases::all_cases()) {
        if (std::string_view(named.op->name) == "cast") continue;  // not in float64 throughout: cast_test.cpp
        INFO(named.op->name);
        CHECK(has_rule(named.op->name) == !named.cases.gradients.empty());
    }
}
