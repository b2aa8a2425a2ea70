// The choice of an implementation is a pure function with cases of its own.
#include "tern/kernels/dispatch/dispatch.hpp"

#include <algorithm>

#include "tern/kernels/accumulate/accumulate_passes.hpp"
#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/concat/concat.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("each problem gets the expected implementation") {
    for (const cases::NamedCases& named : cases::all_cases()) {
        for (const cases::DispatchCase& dispatch : named.cases.dispatch) {
            const cases::PassCase& pass_case = dispatch.problem;
            const Pass& pass = *pass_case.pass;
            Tensors inputs, outputs;
            for (const auto& spec : pass_case.inputs) inputs.push_back(make_tensor(spec, dispatch.dtype, 1));
            for (const auto& spec : pass_case.outputs)
                outputs.push_back(make_tensor(spec, dispatch.dtype, 1));
            const Problem problem{pass, pass_case.params.ref(), inputs, outputs};
            INFO(pass_case.title() << ", " << dispatch.dtype << ", " << dispatch.policy);
            CHECK(select(problem, KernelPolicy::parse(dispatch.policy)).name == dispatch.expected);
        }
    }
}

TEST_CASE("a forced implementation that cannot do it is an error with the reason") {
    const Tensor sum = Tensor::zeros({2}, DType::float64);
    const Tensors inputs{sum, sum}, outputs{sum};
    const NoParams params;
    const Problem problem{info_of<accumulate_passes::Forward>(), ParamsRef(params), inputs, outputs};
    CHECK_THROWS_WITH(select(problem, KernelPolicy::parse("accumulate=cpu")),
                      "[accumulate] cpu is forced, but refuses forward: float32 only, got float64");
    CHECK_THROWS_WITH(select(problem, KernelPolicy::parse("accumulate=cudnn")),
                      "[accumulate] cudnn is forced, but forward has no such implementation");
}

TEST_CASE("an implementation that is not preferred is taken only where a policy names it") {
    const auto run = [](const Problem&, const Stream&) {};
    const auto only_small = [](const Problem& problem, std::string* why_not) {
        return problem.inputs[0].numel() < 10 || refuse(why_not, "10 elements or more");
    };
    const auto never = [](const Problem&, std::string* why_not) {
        return refuse(why_not, "not yet proven on a GPU");
    };
    const Pass pass{"accumulate",
                    "forward",
                    {"x"},
                    {"y"},
                    {{"cpu", DeviceType::cpu, run, only_small, never}, {"ref", DeviceType::cpu, run}}};
    const Pass alone{"accumulate", "forward", {"x"}, {"y"}, {{"cpu", DeviceType::cpu, run, nullptr, never}}};
    const auto chosen = [&](const Pass& of, std::int64_t size, std::string_view policy) {
        const Tensors inputs{Tensor::zeros({size})}, outputs{Tensor::zeros({size})};
        const NoParams params;
        return select({of, ParamsRef(params), inputs, outputs}, KernelPolicy::parse(policy)).name;
    };
    CHECK(chosen(pass, 2, "auto") == "ref");
    CHECK(chosen(pass, 2, "cpu") == "cpu");
    CHECK(chosen(pass, 2, "accumulate=cpu") == "cpu");
    CHECK(chosen(pass, 2, "accumulate=ref") == "ref");
    CHECK(chosen(pass, 10, "cpu") == "ref");
    CHECK_THROWS_WITH(chosen(pass, 10, "accumulate=cpu"),
                      "[accumulate] cpu is forced, but refuses forward: 10 elements or more");
    CHECK_THROWS_WITH(chosen(alone, 2, "auto"),
                      "[accumulate] no implementation of forward can do this: cpu: not yet proven on a GPU");
}

namespace {

// Why the cudnn version of a pass refuses, or is not preferred for, what these tensors are; "" where it does
// not, or where this build has none.
std::string refusal_of_libraries(const Pass& pass, const Tensors& inputs, const Tensors& outputs,
                                 ParamsRef params) {
    const auto found = find_implementation(pass, "cudnn");
    REQUIRE(found != nullptr);
    const Problem problem{pass, params, inputs, outputs};
    std::string why_not;
    if (found->preferred_when != nullptr && !found->preferred_when(problem, &why_not)) return why_not;
    if (found->accepts != nullptr) found->accepts(problem, &why_not);
    return why_not;
}

}  // namespace

// What they refuse before they are asked; whether there is a library and a device, other machines know.
TEST_CASE("the versions through NVIDIA's libraries say what they refuse") {
    const auto of = [](DType dtype, const Shape& shape) { return Tensor::zeros(shape, dtype); };
    const bool cuda_build = info_of<linear_passes::Forward>().implementations[0].accepts != nullptr;
    const auto expected = [&](const char* text) { return Catch::Equals(cuda_build ? text : ""); };
    const auto linear = [&](DType dtype, std::int64_t rows, std::int64_t from, std::int64_t to) {
        return refusal_of_libraries(info_of<linear_passes::Forward>(),
                                    {of(dtype, {rows, from}), of(dtype, {to, from}), of(dtype, {to})},
                                    {of(dtype, {rows, to})}, ParamsRef(NoParams{}));
    };
    CHECK_THAT(linear(DType::float64, 2, 8, 8), expected("float32 and 16-bit types only, got float64"));
    CHECK_THAT(linear(DType::float32, 0, 8, 8), expected("no elements"));
    CHECK_THAT(linear(DType::bfloat16, 2, 8, 10),
               expected("with a bias, 16-bit rows of whole 16 bytes only, got (2,10)"));

    const auto conv2d = [&](DType dtype, std::int64_t channels, const Window2d& window) {
        const Tensor x = of(dtype, {1, 8, 8, channels}), w = of(dtype, {64, channels, 3, 3});
        const Conv2dParams params{window, 1};
        const Shape shape = conv2d_output_shape(x.shape(), w.shape(), window);
        return refusal_of_libraries(info_of<conv2d_passes::Forward>(), {x, w, Tensor()}, {of(dtype, shape)},
                                    ParamsRef(params));
    };
    Window2d uneven{.kernel_h = 3, .kernel_w = 3};
    uneven.pad_top = 1;
    const Window2d plain{.kernel_h = 3, .kernel_w = 3};
    CHECK(conv2d(DType::float32, 64, plain) == "in float32 tern's kernels are faster");
    CHECK(conv2d(DType::bfloat16, 3, plain) ==
          "tern's kernels are faster below 2048 products of channels and outputs, got 192");
    CHECK_THAT(conv2d(DType::float64, 64, plain), expected("float32 and 16-bit types only, got float64"));
    if (cuda_build) CHECK_THAT(conv2d(DType::float16, 64, uneven), Catch::StartsWith("uneven padding: "));
}

TEST_CASE("cuDNN's plain calls say what they refuse") {
    const bool cuda_build = info_of<linear_passes::Forward>().implementations[0].accepts != nullptr;
    const auto expected = [&](const char* text) { return Catch::Equals(cuda_build ? text : ""); };
    const auto starts = [&](const char* text) { return Catch::StartsWith(cuda_build ? text : ""); };
    const Tensor x = Tensor::zeros({2, 8, 8, 4}), c = Tensor::zeros({4}), none;

    const auto softmax = [](const Tensor& rows) {
        return refusal_of_libraries(info_of<softmax_passes::Forward>(), {rows}, {rows},
                                    ParamsRef(SoftmaxParams{}));
    };
    CHECK_THAT(softmax(Tensor::zeros({2, 3}, DType::bfloat16)),
               expected("cuDNN's 16-bit results are not those of float32, rounded"));
    CHECK_THAT(softmax(Tensor::zeros({0, 3})), expected("no elements"));

    const auto activation = [&](const Pass& pass, const Tensors& inputs, Activation kind) {
        return refusal_of_libraries(pass, inputs, {x}, ParamsRef(ActivationParams{kind}));
    };
    const Pass& forward = info_of<activation_passes::Forward>();
    const Pass& backward = info_of<activation_passes::Backward>();
    CHECK_THAT(activation(forward, {x}, Activation::gelu), expected("cuDNN's call has no gelu"));
    CHECK_THAT(activation(backward, {x, x}, Activation::tanh),
               expected("cuDNN's backward call needs the results of tanh, which are not kept"));

    const NormalizeParams with_relu{.activation = Activation::relu}, plain;
    const auto normalize = [&](const NormalizeParams& params, const Tensor& residual) {
        return refusal_of_libraries(info_of<normalize_passes::Forward>(), {x, c, c, c, c, residual}, {x},
                                    ParamsRef(params));
    };
    CHECK_THAT(normalize(with_relu, none), expected("cuDNN's call applies no relu"));
    CHECK_THAT(normalize(plain, x), expected("cuDNN's call adds no residual"));

    const auto batch_norm = [&](const Tensor& of, const NormalizeParams& params, const Tensor& residual) {
        return refusal_of_libraries(info_of<batch_norm_passes::Forward>(), {of, c, c, residual}, {of, c, c},
                                    ParamsRef(params));
    };
    CHECK_THAT(batch_norm(x, with_relu, none), expected("cuDNN's call applies no relu"));
    CHECK_THAT(batch_norm(x, plain, x), expected("cuDNN's call adds no residual"));
    CHECK_THAT(batch_norm(c.reshape({1, 4}), plain, none), expected("more than one row only"));
    const auto batch_norm_backward = [&](const Tensor& dmean, const Tensor& dx) {
        return refusal_of_libraries(info_of<batch_norm_passes::Backward>(),
                                    {x, c, c, c, c, none, x, dmean, none}, {dx, c, c, none},
                                    ParamsRef(plain));
    };
    CHECK_THAT(batch_norm_backward(c, x),
               expected("cuDNN's call takes no gradients of the mean and variance"));
    CHECK_THAT(batch_norm_backward(none, none), expected("cuDNN's call gives all gradients"));

    const auto max_pool2d = [&](const Window2d& window) {
        return refusal_of_libraries(info_of<max_pool2d_passes::Forward>(), {x}, {x},
                                    ParamsRef(MaxPool2dParams{window}));
    };
    Window2d uneven = Window2d::square(2, 2);
    uneven.pad_bottom = 1;
    CHECK_THAT(max_pool2d(uneven), starts("uneven padding: "));
    CHECK_THAT(max_pool2d(Window2d::square(2, 1, 0, 2)), starts("cuDNN's pools have no dilation: "));
    CHECK_THAT(max_pool2d(Window2d::square(2, 2, 2)), starts("padding as large as the window: "));
}

// separable_conv2d runs its parts unless a policy names one of its kernels.
TEST_CASE("every version on tensor cores stands before a plain one, and runs by name only") {
    for (const Op* op : all_ops()) {
        for (const Pass& pass : op->passes) {
            const Implementation* const mma = find_implementation(pass, "cuda_mma");
            if (mma == nullptr) continue;
            INFO(op->name << '.' << pass.name);
            const Implementation* const plain = find_implementation(pass, "cuda");
            REQUIRE(plain != nullptr);
            CHECK(mma < plain);
            CHECK((mma->preferred_when != nullptr || op->name == std::string_view("separable_conv2d")));
        }
    }
}

TEST_CASE("policies are read strictly") {
    CHECK(KernelPolicy::parse("auto").str() == "auto");
    CHECK(KernelPolicy::parse("ref,accumulate=cpu").str() == "ref,accumulate=cpu");
    CHECK(KernelPolicy::parse("cpu,separable_conv2d=unfused").str() == "cpu,separable_conv2d=unfused");
    // As configs of older runs have it.
    CHECK(KernelPolicy::parse("cpu,separable_conv2d=parts").str() == "cpu,separable_conv2d=unfused");
    CHECK_THROWS_WITH(KernelPolicy::parse("linear=unfused"), "[kernels] linear is not fused");
    CHECK_THROWS_WITH(
        KernelPolicy::parse("fast"),
        "[kernels] \"fast\" is none of cpu, cpu_bf16, cpu_winograd, cuda, cuda_mma, cudnn, ref");
    CHECK_THROWS_WITH(KernelPolicy::parse("auto,accumulate=avx"),
                      "[kernels] \"avx\" is none of cpu, cpu_bf16, cpu_winograd, cuda, cuda_mma, cudnn, ref");
    CHECK_THROWS_WITH(KernelPolicy::parse("nothing=ref"),
                      Catch::StartsWith("[kernels] no operation \"nothing\""));
}

TEST_CASE("a fused operation runs where it was measured to be faster than its parts, or is asked for") {
    const auto fused = [](const char* policy, DeviceType device) {
        const KernelPolicyScope scope(KernelPolicy::parse(policy));
        return runs_fused(separable_conv2d_op(), device);
    };
    CHECK(fused("auto", DeviceType::cpu));
    CHECK_FALSE(fused("auto,separable_conv2d=unfused", DeviceType::cpu));
    CHECK_FALSE(fused("auto", DeviceType::cuda));
    CHECK_FALSE(fused("cuda", DeviceType::cuda));
    CHECK(fused("auto,separable_conv2d=cuda", DeviceType::cuda));
    const Tensor image = Tensor::zeros({1, 4, 4, 2}), channels = Tensor::zeros({2});
    const DeferredNormalize norm{channels, channels, channels, channels, {}},
        with_residual{channels, channels, channels, channels, {}, image};
    const auto pool_is_fused = [&](const char* policy, const DeferredNormalize& with) {
        const KernelPolicyScope scope(KernelPolicy::parse(policy));
        return runs_normalize_max_pool2d(image, with);
    };
    CHECK(pool_is_fused("auto", norm));
    CHECK_FALSE(pool_is_fused("auto", {}));
    CHECK_FALSE(pool_is_fused("auto", with_residual));
    CHECK_FALSE(pool_is_fused("auto,normalize_max_pool2d=unfused", norm));
    CHECK_FALSE(runs_fused(normalize_max_pool2d_op(), DeviceType::cuda));
}

TEST_CASE("the lists of implementations are in order") {
    for (const Op* op : all_ops()) {
        for (const Pass& pass : op->passes) {
            INFO(op->name << '.' << pass.name);
            CHECK(std::string_view(pass.op) == op->name);
            REQUIRE_FALSE(pass.implementations.empty());
            CHECK(pass.implementations.back().name == "ref");
        }
    }
}

TEST_CASE("parameters are equal if all of their fields are") {
    const auto equal = [](const auto& a, const auto& b) {
        const ParamsBox kept{ParamsRef(a)};  // a copy says the same
        CHECK((ParamsRef(a) == ParamsRef(b)) == (kept.ref() == ParamsRef(b)));
        return ParamsRef(a) == ParamsRef(b);
    };
    CHECK(equal(NoParams{}, NoParams{}));
    CHECK_FALSE(equal(NoParams{}, SoftmaxParams{}));  // of two passes
    CHECK(equal(SoftmaxParams{true}, SoftmaxParams{true}));
    CHECK_FALSE(equal(SoftmaxParams{true}, SoftmaxParams{false}));
    CHECK(equal(ActivationParams{Activation::elu, 1, 2}, ActivationParams{Activation::elu, 1, 2}));
    CHECK_FALSE(equal(ActivationParams{Activation::elu, 1, 2}, ActivationParams{Activation::elu, 1, 3}));
    CHECK_FALSE(equal(ActivationParams{Activation::elu, 1, 2}, ActivationParams{Activation::elu, 0, 2}));
    CHECK_FALSE(equal(ActivationParams{Activation::elu, 1, 2}, ActivationParams{Activation::gelu, 1, 2}));
    const ConcatParams pieces{1, {3, 4}};
    CHECK(equal(pieces, ConcatParams{1, {3, 4}}));
    CHECK_FALSE(equal(pieces, ConcatParams{1, {3, 5}}));
    CHECK_FALSE(equal(pieces, ConcatParams{2, {3, 4}}));
    // Structs within structs.
    const NormalizeMaxPool2dParams both{{1e-5, Activation::relu, 0.5}, Window2d::square(3)};
    CHECK(equal(both, NormalizeMaxPool2dParams{{1e-5, Activation::relu, 0.5}, Window2d::square(3)}));
    CHECK_FALSE(equal(both, NormalizeMaxPool2dParams{{1e-5, Activation::relu, 0.25}, Window2d::square(3)}));
    CHECK_FALSE(equal(both, NormalizeMaxPool2dParams{{1e-5, Activation::relu, 0.5}, Window2d::square(2)}));
}
