// The choice of an implementation is a pure function with cases of its own.
#include "tern/kernels/dispatch.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("each problem gets the expected implementation") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const cases::DispatchCase& dispatch : named.cases.dispatch) {
            const cases::PassCase& pass_case = dispatch.problem;
            const Pass& pass = named.op->pass(pass_case.pass);
            Tensors inputs, outputs;
            for (const auto& spec : pass_case.inputs) inputs.push_back(make_tensor(spec, dispatch.dtype, 1));
            for (const auto& spec : pass_case.outputs)
                outputs.push_back(make_tensor(spec, dispatch.dtype, 1));
            const Problem problem{pass, pass_case.params.ref(), inputs, outputs};
            INFO(named.op->name << '.' << pass.name << ", " << pass_case.name << ", " << dispatch.dtype
                                << ", " << dispatch.policy);
            CHECK(name_of(select(problem, KernelPolicy::parse(dispatch.policy)).backend) ==
                  dispatch.expected);
        }
    }
}

TEST_CASE("a forced implementation that cannot do it is an error with the reason") {
    const Tensor sum = Tensor::zeros({2}, DType::float64);
    const Tensors inputs{sum, sum}, outputs{sum};
    const NoParams params;
    const Problem problem{find_op("accumulate").pass("forward"), ParamsRef(params), inputs, outputs};
    CHECK_THROWS_WITH(select(problem, KernelPolicy::parse("accumulate=cpu")),
                      "[accumulate] cpu is forced, but refuses forward: float32 only, got float64");
    CHECK_THROWS_WITH(select(problem, KernelPolicy::parse("accumulate=cudnn")),
                      "[accumulate] cudnn is forced, but forward has no such version");
}

TEST_CASE("policies are read strictly") {
    CHECK(KernelPolicy::parse("auto").str() == "auto");
    CHECK(KernelPolicy::parse("ref,accumulate=cpu").str() == "ref,accumulate=cpu");
    CHECK_THROWS_WITH(KernelPolicy::parse("fast"), "[kernels] \"fast\" is none of ref, cpu, cuda, cudnn");
    CHECK_THROWS_WITH(KernelPolicy::parse("auto,accumulate=avx"),
                      "[kernels] \"avx\" is none of ref, cpu, cuda, cudnn");
    CHECK_THROWS_WITH(KernelPolicy::parse("nothing=ref"),
                      Catch::StartsWith("[kernels] no operation \"nothing\""));
}

TEST_CASE("the lists of implementations are in order") {
    for (const Op* op : all_ops()) {
        for (const Pass& pass : op->passes) {
            INFO(op->name << '.' << pass.name);
            CHECK(std::string_view(pass.op) == op->name);
            REQUIRE_FALSE(pass.implementations.empty());
            CHECK(pass.implementations.back().backend == Backend::ref);
        }
    }
}
