#include "tern/tests/golden/operations.hpp"

#include <algorithm>

#include "tern/kernels/batch_norm/batch_norm.hpp"
#include "tern/kernels/concat/concat.hpp"
#include "tern/kernels/conv2d/conv2d.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/fake_quantize/fake_quantize.hpp"
#include "tern/kernels/global_average_pool/global_average_pool.hpp"
#include "tern/kernels/group_norm/group_norm.hpp"
#include "tern/kernels/linear/linear.hpp"
#include "tern/kernels/max_pool2d/max_pool2d.hpp"
#include "tern/kernels/pad/pad.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/kernels/softmax/softmax.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/tests/golden/hashed.hpp"

namespace tern::test {
namespace {

/// Stride, dilation (if any) and padding of `params` for a kernel of these extents.
Window2d window_of(const Json& params, std::int64_t kernel_h, std::int64_t kernel_w) {
    Window2d window{kernel_h, kernel_w, params["stride"][0], params["stride"][1]};
    if (params.contains("dilation")) {
        window.dilation_h = params["dilation"][0];
        window.dilation_w = params["dilation"][1];
    }
    const Json& padding = params["padding"];
    window.pad_top = padding[0], window.pad_bottom = padding[1];
    window.pad_left = padding[2], window.pad_right = padding[3];
    return window;
}

/// The file has PyTorch's name.
Activation activation_of_name(const std::string& name) {
    return parse_activation(name == "hardswish" ? "hard_swish" : name);
}

Tensors conv2d_of(const Json& params, const Inputs& in) {
    const Window2d window = window_of(params, in["w"].dim(2), in["w"].dim(3));
    return {conv2d(in["x"], in["w"], in["bias"], window, params["groups"])};
}

Tensors depthwise_conv2d_of(const Json& params, const Inputs& in) {
    return {depthwise_conv2d(in["x"], in["w"], {}, window_of(params, in["w"].dim(2), in["w"].dim(3)))};
}

Tensors linear_of(const Json&, const Inputs& in) { return {linear(in["x"], in["w"], in["bias"])}; }

Tensors softmax_of(const Json&, const Inputs& in) { return {softmax(in["x"])}; }

Tensors softmax_cross_entropy_of(const Json& params, const Inputs& in) {
    const Hashed hashed(params["labels"].get<std::string>());
    std::vector<std::int32_t> labels;
    for (std::int64_t n = 0; n < in["x"].dim(0); ++n) {
        labels.push_back(static_cast<std::int32_t>(hashed.integer(n, in["x"].dim(1))));
    }
    return {
        softmax_cross_entropy(in["x"], Tensor::from({in["x"].dim(0)}, labels), params["label_smoothing"])};
}

Tensors reduction_of(const Json& params, const Inputs& in) {
    const std::vector<int> axes = params["axes"];
    if (params["operation"] == "sum") return {sum(in["x"], axes)};
    if (params["operation"] == "mean") return {mean(in["x"], axes)};
    return {max(in["x"], axes)};
}

Tensors batch_norm_of(const Json& params, const Inputs& in) {
    const NormalizeParams how{params["epsilon"], activation_of_name(params["activation"])};
    const BatchNormResult result = batch_norm(in["x"], in["gamma"], in["beta"], how, in["residual"]);
    return {result.output, result.mean, result.variance};
}

Tensors fake_quantize_of(const Json& params, const Inputs& in) {
    const std::vector<double> scales = params["scales"];
    const Tensor x = in["x"];
    const Tensor scale = Tensor::empty(scales.size() == 1 ? Shape{} : Shape{x.dim(0)}, x.dtype());
    visit_floating(x.dtype(), [&]<class T>() {
        std::ranges::transform(scales, scale.data<T>(), [](double value) { return static_cast<T>(value); });
    });
    return {fake_quantize(x, scale, params["low"], params["high"])};
}

Tensors group_norm_of(const Json& params, const Inputs& in) {
    return {group_norm(in["x"], in["gamma"], in["beta"], {params["groups"], params["epsilon"]})};
}

Tensors activation_of(const Json& params, const Inputs& in) {
    return {activation(in["x"], activation_of_name(params["activation"]))};
}

Tensors arithmetic_of(const Json& params, const Inputs& in) {
    const Tensor a = in["a"], b = in["b"];
    const std::string operation = params["operation"];
    if (operation == "add") return {a + b};
    if (operation == "subtract") return {a - b};
    if (operation == "multiply") return {a * b};
    TERN_CHECK(operation == "divide", "golden", "no arithmetic \"", operation, '"');
    return {a / b};
}

Tensors max_pool2d_of(const Json& params, const Inputs& in) {
    return {max_pool2d(in["x"], window_of(params, params["kernel"][0], params["kernel"][1]))};
}

Tensors global_average_pool_of(const Json&, const Inputs& in) { return {global_average_pool(in["x"])}; }

Tensors concat_of(const Json& params, const Inputs& in) {
    return {concat(in.all(), params["axis"].get<int>())};
}

Tensors pad_of(const Json& params, const Inputs& in) {
    const std::vector<std::int64_t> padding = params["padding"];  // top, bottom, left, right
    return {pad(in["x"], {{0, 0}, {padding[0], padding[1]}, {padding[2], padding[3]}, {0, 0}},
                params["value"].get<double>())};
}

}  // namespace

Tensor Inputs::operator[](std::string_view name) const {
    for (const auto& [key, tensor] : entries_) {
        if (key == name) return tensor;
    }
    return {};
}

Tensors Inputs::all() const {
    Tensors tensors;
    for (const auto& entry : entries_) tensors.push_back(entry.second);
    return tensors;
}

const std::map<std::string, GoldenOperation>& golden_operations() {
    static const std::map<std::string, GoldenOperation> operations{
        {"activation", activation_of},
        {"arithmetic", arithmetic_of},
        {"batch_norm", batch_norm_of},
        {"concat", concat_of},
        {"conv2d", conv2d_of},
        {"depthwise_conv2d", depthwise_conv2d_of},
        {"global_average_pool", global_average_pool_of},
        {"fake_quantize", fake_quantize_of},
        {"group_norm", group_norm_of},
        {"linear", linear_of},
        {"max_pool2d", max_pool2d_of},
        {"pad", pad_of},
        {"reduction", reduction_of},
        {"softmax", softmax_of},
        {"softmax_cross_entropy", softmax_cross_entropy_of},
    };
    return operations;
}

}  // namespace tern::test
