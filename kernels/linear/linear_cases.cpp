#include "tern/kernels/linear/linear.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/linear/linear_passes.hpp"

namespace tern::cases {
namespace {

using namespace linear_passes;

// The passes of one layer with `outputs` features.
std::vector<PassCase> passes(const std::string& name, const Shape& input, std::int64_t outputs,
                             bool benchmark = false) {
    const Shape weight{outputs, input[-1]}, output = linear_output_shape(input, weight);
    std::int64_t rows = 1;
    for (int i = 0; i + 1 < input.rank(); ++i) rows *= input[i];
    const TensorSpec x{input}, w{weight}, bias{{outputs}}, y{output};
    TensorSpec no_bias = bias;
    no_bias.defined = false;
    std::vector<PassCase> all{
        case_of<Forward>(name, {.x = x, .w = w, .bias = bias}, {.y = y},
                         {.y = Bound::products(input[-1] + 1)}, {.benchmark = benchmark}),
        case_of<BackwardInput>(name, {.dy = y, .w = w}, {.dx = x}, {.dx = Bound::products(outputs)},
                               {.benchmark = benchmark}),
        case_of<BackwardWeight>(name, {.x = x, .dy = y}, {.dw = w}, {.dw = Bound::products(rows)},
                                {.benchmark = benchmark}),
        case_of<BackwardBias>(name, {.dy = y}, {.dbias = bias}, {.dbias = Bound::products(rows)},
                              {.benchmark = benchmark}),
    };
    if (!benchmark) {
        all.push_back(case_of<Forward>(name + ", no bias", {.x = x, .w = w, .bias = no_bias}, {.y = y},
                                       {.y = Bound::products(input[-1])}));
    }
    for (PassCase& one : all) one.own_bounds = {{CpuBf16::kName, {one.bounds[0].in_bfloat16()}}};
    return all;
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

GradientCase gradient(std::string name, const Shape& input, std::int64_t outputs, bool bias) {
    return {std::move(name),
            {{input}, {{outputs, input[-1]}}, {.shape = {outputs}, .defined = bias}},
            [](const Tensors& in) { return Tensors{linear(in[0], in[1], in[2])}; }};
}

}  // namespace

OpCases linear_cases() {
    OpCases result;
    append(result.passes, passes("no row", {0, 5}, 3));
    append(result.passes, passes("no input", {4, 0}, 3));
    append(result.passes, passes("no output", {4, 5}, 0));
    append(result.passes, passes("one", {1, 1}, 1));
    append(result.passes, passes("vector", {37}, 19));
    append(result.passes, passes("odd", {3, 5, 67}, 35));
    append(result.passes, passes("pixels", {2, 7, 9, 64}, 64));
    append(result.passes, passes("many rows", {2500, 16}, 24));
    append(result.passes, passes("wide", {3, 700}, 300));
    append(result.passes, with_exact_gradients(passes("odd", {3, 5, 67}, 35)));
    append(result.passes, with_exact_gradients(passes("pixels", {2, 7, 9, 64}, 64)));
    append(result.passes, with_exact_gradients(passes("many rows", {2500, 16}, 24)));
    append(result.passes, passes("pointwise 64-64", {64, 32, 32, 64}, 64, true));
    append(result.passes, passes("pointwise 64-128", {64, 32, 32, 64}, 128, true));
    append(result.passes, passes("pointwise 128-128", {64, 32, 32, 128}, 128, true));
    append(result.passes, passes("head 128-64", {64, 128}, 64, true));
    append(result.passes, passes("head 64-10", {64, 64}, 10, true));
    append(result.passes, passes("head 128-10", {64, 128}, 10, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return passes("random", {draw(1, 4), draw(0, 40), draw(1, 150)}, draw(1, 150));
    };
    result.gradients = {gradient("with bias", {2, 3, 4}, 5, true), gradient("no bias", {3, 2}, 4, false)};
    result.errors = {
        {"features",
         [] {
             linear(Tensor::zeros({2, 3}), Tensor::zeros({5, 4}), {});
         },
         "[linear] weight has 4 input features, expected 3 (input (2,3), weight (5,4))"},
        {"weight rank",
         [] {
             linear(Tensor::zeros({2, 3}), Tensor::zeros({5, 3, 1}), {});
         },
         "[linear] weight must be (O, I), got (5,3,1)"},
        {"input rank",
         [] {
             linear(Tensor::zeros({}), Tensor::zeros({5, 3}), {});
         },
         "[linear] the input must be (..., I), got ()"},
        {"bias",
         [] {
             linear(Tensor::zeros({2, 3}), Tensor::zeros({5, 3}), Tensor::zeros({3}));
         },
         "[linear] bias is (3), expected (O) = (5)"},
        {"types",
         [] {
             linear(Tensor::zeros({2, 3}), Tensor::zeros({5, 3}, DType::float64), {});
         },
         "[linear] input, weight and bias must be of one floating-point type, got float32 and float64"},
        {"whole numbers",
         [] {
             linear(Tensor::zeros({2, 3}, DType::int32), Tensor::zeros({5, 3}, DType::int32), {});
         },
         "[linear] input, weight and bias must be of one floating-point type, got int32 and int32"},
    };
    for (const PassCase& pass : passes("float32", {4, 8}, 16)) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::float32, "ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
