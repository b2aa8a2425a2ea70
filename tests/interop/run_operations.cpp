// Runs operations on tensors from a file, for compare_opinfo.py: run_operations IN OUT. Both are safetensors files.
// Entry N of IN's metadata is a call as JSON, {"operation", "inputs", "params"}; its tensors are N.input.I and, where
// gradients are wanted, N.grad, that of the first output. OUT has N.output.I and N.gradient.I, or an error as its
// entry N.
#include <functional>
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "tern/tern.hpp"

namespace {

using namespace tern;
using Json = nlohmann::json;
using Operation = std::function<Tensors(const Tensors& in, const Json& params)>;
using Borders = std::vector<std::pair<std::int64_t, std::int64_t>>;

Operation one(Tensor (*function)(const Tensor&)) {
    return [=](const Tensors& in, const Json&) { return Tensors{function(in[0])}; };
}

Operation two(Tensor (*function)(const Tensor&, const Tensor&)) {
    return [=](const Tensors& in, const Json&) { return Tensors{function(in[0], in[1])}; };
}

Operation with_number(Tensor (*function)(const Tensor&, double)) {
    return [=](const Tensors& in, const Json& params) {
        return Tensors{function(in[0], params["number"].get<double>())};
    };
}

template <class F>
Operation reduction(F function) {
    return [=](const Tensors& in, const Json& params) {
        return Tensors{
            function(in[0], params["axes"].get<std::vector<int>>(), params["keep_dims"].get<bool>())};
    };
}

template <class F>
Operation loss(F function) {
    return [=](const Tensors& in, const Json& params) {
        const std::string reduction = params["reduction"];
        return Tensors{function(in[0], in[1],
                                reduction == "mean"  ? LossReduction::mean
                                : reduction == "sum" ? LossReduction::sum
                                                     : LossReduction::none)};
    };
}

Window2d window_of(const Json& params) {
    const std::vector<std::int64_t> w = params["window"];  // kernel, stride, dilation, padding
    return {w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[6], w[7], w[7]};
}

const std::map<std::string, Operation>& operations() {
    static const std::map<std::string, Operation> all{
        {"neg", one(neg)},
        {"exp", one(exp)},
        {"log", one(log)},
        {"sqrt", one(sqrt)},
        {"abs", one(abs)},
        {"square", one(square)},
        {"reciprocal", one(reciprocal)},
        {"relu", one(relu)},
        {"relu6", one(relu6)},
        {"elu", one(elu)},
        {"gelu", one(gelu)},
        {"gelu_tanh", one(gelu_tanh)},
        {"silu", one(silu)},
        {"sigmoid", one(sigmoid)},
        {"tanh", one(tanh)},
        {"hardswish", one(hard_swish)},
        {"softmax", one(softmax)},
        {"log_softmax", one(log_softmax)},
        {"leaky_relu",
         [](const Tensors& in, const Json& params) { return Tensors{leaky_relu(in[0], params["slope"])}; }},
        {"add", two(add)},
        {"sub", two(sub)},
        {"mul", two(mul)},
        {"div", two(div)},
        {"maximum", two(maximum)},
        {"minimum", two(minimum)},
        {"pow", two(pow)},
        {"eq", two(equal)},
        {"ne", two(not_equal)},
        {"lt", two(less)},
        {"le", two(less_equal)},
        {"gt", two(greater)},
        {"ge", two(greater_equal)},
        {"add_number", with_number(operator+)},
        {"sub_number", with_number(operator-)},
        {"mul_number", with_number(operator*)},
        {"div_number", with_number(operator/)},
        {"pow_number", with_number(pow)},
        {"where", [](const Tensors& in, const Json&) { return Tensors{where(in[0], in[1], in[2])}; }},
        {"sum", reduction([](const auto&... a) { return sum(a...); })},
        {"mean", reduction([](const auto&... a) { return mean(a...); })},
        {"amax", reduction([](const auto&... a) { return max(a...); })},
        {"amin", reduction([](const auto&... a) { return min(a...); })},
        {"var",
         [](const Tensors& in, const Json& params) {
             return Tensors{variance(in[0], params["axes"], params["keep_dims"], params["correction"])};
         }},
        {"argmax",
         [](const Tensors& in, const Json& params) { return Tensors{argmax(in[0], params["axis"])}; }},
        {"topk",
         [](const Tensors& in, const Json& params) {
             const TopkResult result = topk(in[0], params["k"], params["axis"]);
             return Tensors{result.values, result.indices};
         }},
        {"gather",
         [](const Tensors& in, const Json& params) { return Tensors{gather(in[0], params["axis"], in[1])}; }},
        {"index_select",
         [](const Tensors& in, const Json& params) {
             return Tensors{index_select(in[0], params["axis"], in[1])};
         }},
        {"cat", [](const Tensors& in, const Json& params) { return Tensors{concat(in, params["axis"])}; }},
        {"stack", [](const Tensors& in, const Json& params) { return Tensors{stack(in, params["axis"])}; }},
        {"transpose",
         [](const Tensors& in, const Json& params) {
             return Tensors{transpose(in[0], params["first"], params["second"])};
         }},
        {"permute",
         [](const Tensors& in, const Json& params) { return Tensors{permute(in[0], params["order"])}; }},
        {"narrow",
         [](const Tensors& in, const Json& params) {
             return Tensors{slice(in[0], params["axis"], params["begin"], params["end"])};
         }},
        {"pad",
         [](const Tensors& in, const Json& params) {
             const std::string mode = params["mode"];
             const Borders borders = params["borders"].get<Borders>();
             if (mode == "constant") return Tensors{pad(in[0], borders, params["value"].get<double>())};
             return Tensors{pad(in[0], borders, mode == "reflect" ? PadMode::reflect : PadMode::replicate)};
         }},
        {"matmul", [](const Tensors& in, const Json&) { return Tensors{matmul(in[0], in[1])}; }},
        {"linear",
         [](const Tensors& in, const Json&) {
             return Tensors{linear(in[0], in[1], in.size() > 2 ? in[2] : Tensor())};
         }},
        {"conv2d",
         [](const Tensors& in, const Json& params) {
             return Tensors{
                 conv2d(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), window_of(params), params["groups"])};
         }},
        {"max_pool2d",
         [](const Tensors& in, const Json& params) { return Tensors{max_pool2d(in[0], window_of(params))}; }},
        {"avg_pool2d",
         [](const Tensors& in, const Json& params) {
             return Tensors{avg_pool2d(in[0], window_of(params), params["count_padding"])};
         }},
        {"group_norm",
         [](const Tensors& in, const Json& params) {
             return Tensors{group_norm(in[0], in[1], in[2], {params["groups"], params["epsilon"]})};
         }},
        {"mse_loss", loss([](const auto&... a) { return mse_loss(a...); })},
        {"l1_loss", loss([](const auto&... a) { return l1_loss(a...); })},
        {"smooth_l1_loss",
         [](const Tensors& in, const Json& params) {
             return loss([&](const Tensor& x, const Tensor& target, LossReduction how) {
                 return smooth_l1_loss(x, target, params["beta"], how);
             })(in, params);
         }},
        {"binary_cross_entropy_with_logits",
         loss([](const auto&... a) { return binary_cross_entropy_with_logits(a...); })},
        {"cross_entropy",
         [](const Tensors& in, const Json& params) {
             return Tensors{
                 softmax_cross_entropy(in[0], cast(in[1], DType::int32), params["label_smoothing"])};
         }},
    };
    return all;
}

void run_call(const std::string& id, const Json& call, const Safetensors& file, Safetensors& results) {
    Tensors inputs;
    for (int i = 0; i < call["inputs"].get<int>(); ++i) {
        Tensor input;
        for (const auto& [name, tensor] : file.tensors)
            if (name == id + ".input." + std::to_string(i)) input = tensor;
        inputs.push_back(input);
    }
    const Json& operation = call["operation"];
    const auto found = operations().find(operation.get<std::string>());
    TERN_CHECK(found != operations().end(), "run_operations", "no operation ", operation);
    const bool wanted = call["gradients"];
    for (Tensor& input : inputs)
        if (wanted && is_floating(input.dtype())) input.set_requires_grad(true);
    const Tensors outputs = found->second(inputs, call["params"]);
    for (std::size_t i = 0; i < outputs.size(); ++i)
        results.tensors.emplace_back(id + ".output." + std::to_string(i), outputs[i].detach());
    if (!wanted) return;
    for (const auto& [name, tensor] : file.tensors)
        if (name == id + ".grad") backward(outputs[0], tensor);
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (inputs[i].grad().defined())
            results.tensors.emplace_back(id + ".gradient." + std::to_string(i), inputs[i].grad());
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: run_operations IN OUT\n";
        return 2;
    }
    try {
        const Safetensors file = read_safetensors(arguments[1]);
        Safetensors results;
        for (const auto& [id, call] : file.metadata) {
            try {
                run_call(id, Json::parse(call), file, results);
            } catch (const Error& error) {
                results.metadata[id] = error.what();
            }
        }
        write_safetensors(arguments[2], results);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
