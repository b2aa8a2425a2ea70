// Dispatch by a table of measured choices.
#include "tern/kernels/dispatch/tuning.hpp"

#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

// A forward pass of softmax, which ref and cpu can do.
struct Softmax {
    explicit Softmax(const Shape& shape, DType dtype = DType::float32)
        : tensors{Tensor::zeros(shape, dtype)},
          problem{info_of<softmax_passes::Forward>(), ParamsRef(params), tensors, tensors} {}

    std::string_view chosen_by(std::shared_ptr<const TuningTable> table,
                               const char* policy_text = "auto") const {
        KernelPolicy policy = KernelPolicy::parse(policy_text);
        policy.tuning = std::move(table);
        return select(problem, policy).name;
    }

    SoftmaxParams params;
    Tensors tensors;
    Problem problem;
};

std::shared_ptr<const TuningTable> table_of(TuningTable::Choices choices) {
    return std::make_shared<const TuningTable>(std::move(choices));
}

}  // namespace

TEST_CASE("a problem is described by its pass, types and shapes") {
    CHECK(describe_problem(Softmax({2, 3}).problem) == "softmax.forward float32(2,3) -> float32(2,3)");
    const Tensors inputs{Tensor::zeros({1, 2}), Tensor::zeros({3, 2}, DType::bfloat16), Tensor()},
        outputs{Tensor::zeros({1, 3})};
    const NoParams none;
    CHECK(describe_problem({info_of<linear_passes::Forward>(), ParamsRef(none), inputs, outputs}) ==
          "linear.forward float32(1,2) bfloat16(3,2) - -> float32(1,3)");
}

TEST_CASE("a measured choice goes before the usual order, and behind what a policy says") {
    const Softmax measured({2, 3}), other({3, 2}), in_float64({2, 3}, DType::float64);
    const auto table = table_of({{describe_problem(measured.problem), "ref"}});
    for (int i = 0; i < 2; ++i) {  // looked up, and remembered
        CHECK(measured.chosen_by(table) == "ref");
        CHECK(other.chosen_by(table) == "cpu");
    }
    CHECK(measured.chosen_by(nullptr) == "cpu");
    CHECK(measured.chosen_by(table_of({})) == "cpu");
    CHECK(measured.chosen_by(table, "cpu") == "cpu");
    CHECK(measured.chosen_by(table, "auto,softmax=cpu") == "cpu");
    CHECK(in_float64.chosen_by(table) == "ref");
}

TEST_CASE("a choice that cannot do the problem is skipped") {
    const Softmax in_float64({2, 3}, DType::float64);
    CHECK(in_float64.chosen_by(table_of({{describe_problem(in_float64.problem), "cpu"}})) == "ref");
    const Softmax plain({2, 3});
    CHECK(plain.chosen_by(table_of({{describe_problem(plain.problem), "cuda"}})) == "cpu");
}

TEST_CASE("a table of before an operation got another optional input is read") {
    const Tensor x = Tensor::zeros({1, 4, 4, 2}), w = Tensor::zeros({2, 1, 3, 3});
    const Tensors inputs{x, w, Tensor()}, outputs{x};
    const DepthwiseConv2dParams params{Window2d::square(3, 1, 1)};
    const Problem problem{info_of<depthwise_conv2d_passes::Forward>(), ParamsRef(params), inputs, outputs};
    const auto table =
        table_of({{"depthwise_conv2d.forward float32(1,4,4,2) float32(2,1,3,3) -> float32(1,4,4,2)", "ref"}});
    REQUIRE(table->find(problem) != nullptr);
    CHECK(table->find(problem)->name == "ref");
    CHECK(table->choices().begin()->first == describe_problem(problem));
}

TEST_CASE("a table must name passes and implementations that exist") {
    CHECK_THROWS_WITH(table_of({{"softmax float32(2)", "ref"}}),
                      "[tuning] \"softmax float32(2)\" does not start with OPERATION.PASS");
    CHECK_THROWS_WITH(table_of({{"softmax.sideways float32(2)", "ref"}}),
                      "[softmax] no pass \"sideways\", only forward, backward");
    CHECK_THROWS_WITH(table_of({{"accumulate.forward float32(2)", "cudnn"}}),
                      "[tuning] accumulate.forward has no implementation cudnn");
}
