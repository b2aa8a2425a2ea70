#include "tern/bench/onednn.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/activation/activation.hpp"
#include "tern/kernels/conv2d/conv2d.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/matmul/matmul.hpp"
#include "tern/kernels/max_pool2d/max_pool2d.hpp"
#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/softmax/softmax.hpp"

namespace tern::bench {
namespace {

using dnnl::algorithm, dnnl::memory, dnnl::prop_kind;
using Dims = memory::dims;
using Tag = memory::format_tag;

dnnl::engine& engine() {
    static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

memory on_tensor(const memory::desc& desc, const Tensor& tensor) {
    return {desc, engine(), tensor.raw_data()};
}
memory unfilled(const memory::desc& desc) { return {desc, engine()}; }

// Primitives that run one after the other.
class Sequence {
  public:
    void add(const dnnl::primitive& primitive, std::unordered_map<int, memory> arguments) {
        steps_.push_back({primitive, std::move(arguments)});
    }
    void reorder(const memory& from, const memory& to) {
        add(dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    }
    /// `from` in another layout; itself where it has that.
    memory packed(const memory& from, const memory::desc& desc) {
        if (from.get_desc() == desc) return from;
        memory to = unfilled(desc);
        reorder(from, to);
        return to;
    }
    void run() {
        for (const Step& step : steps_) step.primitive.execute(stream_, step.arguments);
        stream_.wait();
    }

  private:
    struct Step {
        dnnl::primitive primitive;
        std::unordered_map<int, memory> arguments;
    };
    std::vector<Step> steps_;
    dnnl::stream stream_{engine()};
};

bool is_forward(const Problem& problem) { return problem.pass.name == std::string_view("forward"); }

memory::desc layout(const Dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }
memory::desc flat(const Tensor& tensor) { return layout({tensor.numel()}, Tag::a); }

// (..., K) as rows.
memory::desc rows(const Tensor& tensor) {
    return layout({tensor.numel() / tensor.dim(-1), tensor.dim(-1)}, Tag::ab);
}

// (N, H, W, C), or rows of features as images of one pixel.
memory::desc image(const Tensor& tensor) {
    const Shape& shape = tensor.shape();
    if (shape.rank() == 4) return layout({shape[0], shape[3], shape[1], shape[2]}, Tag::nhwc);
    return layout({shape.numel() / shape[-1], shape[-1], 1, 1}, Tag::nhwc);
}

struct Convolution {
    Window2d window;
    std::int64_t groups = 1;

    memory::desc weights(const Tensor& w, bool any) const {
        const std::int64_t outputs = w.dim(0), inputs = w.dim(1), h = window.kernel_h,
                           width = window.kernel_w;
        if (groups == 1) return layout({outputs, inputs, h, width}, any ? Tag::any : Tag::oihw);
        return layout({groups, outputs / groups, inputs, h, width}, any ? Tag::any : Tag::goihw);
    }
    dnnl::convolution_forward::primitive_desc forward(const memory::desc& x, const memory::desc& w,
                                                      const memory::desc& bias, const memory::desc& y) const {
        return {
            {prop_kind::forward_training, kAlgorithm, x, w, bias, y, strides(), dilates(), before(), after()},
            engine()};
    }
    void add(Sequence& sequence, const Problem& problem) const {
        const std::string_view pass = problem.pass.name;
        if (pass == "forward") {
            const Tensor &x = problem.inputs[0], &w = problem.inputs[1], &y = problem.outputs[0];
            const Tensor bias = problem.inputs.size() > 2 ? problem.inputs[2] : Tensor();
            const bool with_bias = bias.defined();
            const auto chosen =
                forward(image(x), weights(w, true), with_bias ? flat(bias) : memory::desc(), image(y));
            std::unordered_map<int, memory> arguments{
                {DNNL_ARG_SRC, on_tensor(image(x), x)},
                {DNNL_ARG_WEIGHTS, sequence.packed(on_tensor(weights(w, false), w), chosen.weights_desc())},
                {DNNL_ARG_DST, on_tensor(image(y), y)}};
            if (with_bias) arguments.emplace(DNNL_ARG_BIAS, on_tensor(flat(bias), bias));
            sequence.add(dnnl::convolution_forward(chosen), std::move(arguments));
        } else if (pass == "backward_input") {
            const Tensor &dy = problem.inputs[0], &w = problem.inputs[1], &dx = problem.outputs[0];
            const dnnl::convolution_backward_data::primitive_desc chosen(
                {kAlgorithm, image(dx), weights(w, true), image(dy), strides(), dilates(), before(), after()},
                engine(), forward(image(dx), weights(w, true), {}, image(dy)));
            sequence.add(
                dnnl::convolution_backward_data(chosen),
                {{DNNL_ARG_DIFF_DST, on_tensor(image(dy), dy)},
                 {DNNL_ARG_WEIGHTS, sequence.packed(on_tensor(weights(w, false), w), chosen.weights_desc())},
                 {DNNL_ARG_DIFF_SRC, on_tensor(image(dx), dx)}});
        } else {
            const Tensor &x = problem.inputs[0], &dy = problem.inputs[1], &dw = problem.outputs[0];
            const dnnl::convolution_backward_weights::primitive_desc chosen(
                {kAlgorithm, image(x), weights(dw, true), image(dy), strides(), dilates(), before(), after()},
                engine(), forward(image(x), weights(dw, true), {}, image(dy)));
            const memory plain = on_tensor(weights(dw, false), dw);
            const bool direct = chosen.diff_weights_desc() == plain.get_desc();
            const memory result = direct ? plain : unfilled(chosen.diff_weights_desc());
            sequence.add(dnnl::convolution_backward_weights(chosen),
                         {{DNNL_ARG_SRC, on_tensor(image(x), x)},
                          {DNNL_ARG_DIFF_DST, on_tensor(image(dy), dy)},
                          {DNNL_ARG_DIFF_WEIGHTS, result}});
            if (!direct) sequence.reorder(result, plain);
        }
    }

  private:
    static constexpr algorithm kAlgorithm = algorithm::convolution_direct;
    Dims strides() const { return {window.stride_h, window.stride_w}; }
    Dims dilates() const { return {window.dilation_h - 1, window.dilation_w - 1}; }
    Dims before() const { return {window.pad_top, window.pad_left}; }
    Dims after() const { return {window.pad_bottom, window.pad_right}; }
};

bool add_convolution(Sequence& sequence, const Problem& problem) {
    const std::string_view op = problem.pass.op, pass = problem.pass.name;
    if (op == "linear") {
        Convolution{}.add(sequence, problem);
    } else if (op == "conv2d") {
        const auto& params = problem.params<Conv2dParams>();
        Convolution{params.window, params.groups}.add(sequence, problem);
    } else {
        const Tensor& image = pass == "backward_input" ? problem.outputs[0] : problem.inputs[0];
        Convolution{problem.params<DepthwiseConv2dParams>().window, image.dim(3)}.add(sequence, problem);
    }
    return true;
}

bool add_matmul(Sequence& sequence, const Problem& problem) {
    const Tensor &a = problem.inputs[0], &b = problem.inputs[1], &c = problem.outputs[0];
    const auto& params = problem.params<MatmulParams>();
    const auto matrix = [](const Tensor& stored, bool transposed) {
        if (transposed) return layout({stored.dim(1), stored.dim(0)}, Tag::ba);
        return layout({stored.dim(0), stored.dim(1)}, Tag::ab);
    };
    const memory::desc left = matrix(a, params.transpose_a), right = matrix(b, params.transpose_b);
    sequence.add(dnnl::matmul({{left, right, rows(c)}, engine()}), {{DNNL_ARG_SRC, on_tensor(left, a)},
                                                                    {DNNL_ARG_WEIGHTS, on_tensor(right, b)},
                                                                    {DNNL_ARG_DST, on_tensor(rows(c), c)}});
    return true;
}

// `x` and `y` are the images before and behind the pool, or their gradients; `read`: what is pooled.
void add_pool(Sequence& sequence, bool is_forward_pass, algorithm kind, const Window2d& window,
              const Tensor& x, const Tensor& y, const Tensor& read) {
    const Dims strides{window.stride_h, window.stride_w}, kernel{window.kernel_h, window.kernel_w};
    const Dims before{window.pad_top, window.pad_left}, after{window.pad_bottom, window.pad_right};
    const dnnl::pooling_forward::primitive_desc forward(
        {prop_kind::forward_training, kind, image(x), image(y), strides, kernel, before, after}, engine());
    // The backward pass reads where the maxima were.
    const memory places = unfilled(forward.workspace_desc());
    Sequence once;
    (is_forward_pass ? sequence : once)
        .add(dnnl::pooling_forward(forward),
             {{DNNL_ARG_SRC, on_tensor(image(x), read)},
              {DNNL_ARG_DST, is_forward_pass ? on_tensor(image(y), y) : unfilled(forward.dst_desc())},
              {DNNL_ARG_WORKSPACE, places}});
    if (is_forward_pass) return;
    once.run();
    const dnnl::pooling_backward::primitive_desc backward(
        {kind, image(x), image(y), strides, kernel, before, after}, engine(), forward);
    sequence.add(dnnl::pooling_backward(backward), {{DNNL_ARG_DIFF_DST, on_tensor(image(y), y)},
                                                    {DNNL_ARG_DIFF_SRC, on_tensor(image(x), x)},
                                                    {DNNL_ARG_WORKSPACE, places}});
}

bool add_max_pool(Sequence& sequence, const Problem& problem) {
    const Window2d& window = problem.params<MaxPool2dParams>().window;
    if (window.dilation_h != 1 || window.dilation_w != 1) return false;
    const auto &in = problem.inputs, &out = problem.outputs;
    if (is_forward(problem))
        add_pool(sequence, true, algorithm::pooling_max, window, in[0], out[0], in[0]);
    else
        add_pool(sequence, false, algorithm::pooling_max, window, out[0], in[0], in[1]);
    return true;
}

bool add_average_pool(Sequence& sequence, const Problem& problem) {
    const bool forward = is_forward(problem);
    const Tensor &x = forward ? problem.inputs[0] : problem.outputs[0],
                 &y = forward ? problem.outputs[0] : problem.inputs[0];
    const Window2d window{.kernel_h = x.dim(1), .kernel_w = x.dim(2)};
    add_pool(sequence, forward, algorithm::pooling_avg_exclude_padding, window, x, y, x);
    return true;
}

// Forward of normalize and batch_norm, backward of batch_norm; relu or no activation, no residual.
class OnednnNormalization {
  public:
    explicit OnednnNormalization(const NormalizeParams& params)
        : epsilon_(static_cast<float>(params.epsilon)) {
        if (params.activation == Activation::relu) flags_ |= Flags::fuse_norm_relu;
    }
    static bool has(const NormalizeParams& params) {
        return params.activation == Activation::relu || params.activation == Activation::none;
    }

    void add_normalize(Sequence& sequence, const Problem& problem) const {
        const auto& in = problem.inputs;
        const auto chosen = forward(prop_kind::forward_inference, in[0], true);
        sequence.add(dnnl::batch_normalization_forward(chosen),
                     forward_arguments(in[0], in[3], in[4], in[1], in[2],
                                       on_tensor(image(in[0]), problem.outputs[0])));
    }
    void add_batch_norm(Sequence& sequence, const Problem& problem) const {
        const auto &in = problem.inputs, &out = problem.outputs;
        const auto chosen = forward(prop_kind::forward_training, in[0], false);
        auto arguments =
            forward_arguments(in[0], in[1], in[2], out[1], out[2], on_tensor(image(in[0]), out[0]));
        arguments.emplace(DNNL_ARG_WORKSPACE, unfilled(chosen.workspace_desc()));
        sequence.add(dnnl::batch_normalization_forward(chosen), std::move(arguments));
    }
    // Which outputs relu let through is what a forward pass with the same mean and variance notes down.
    void add_batch_norm_backward(Sequence& sequence, const Problem& problem) const {
        const auto &in = problem.inputs, &out = problem.outputs;
        const Tensor &x = in[0], &mean = in[1], &variance = in[2], &gamma = in[3], &beta = in[4];
        const auto noting = forward(prop_kind::forward_training, x, true);
        const memory notes = unfilled(noting.workspace_desc());
        auto arguments = forward_arguments(x, gamma, beta, mean, variance, unfilled(image(x)));
        arguments.emplace(DNNL_ARG_WORKSPACE, notes);
        Sequence once;
        once.add(dnnl::batch_normalization_forward(noting), std::move(arguments));
        once.run();
        const dnnl::batch_normalization_backward::primitive_desc chosen(
            {prop_kind::backward, image(x), image(x), epsilon_, flags_}, engine(),
            forward(prop_kind::forward_training, x, false));
        sequence.add(dnnl::batch_normalization_backward(chosen),
                     {{DNNL_ARG_SRC, on_tensor(image(x), x)},
                      {DNNL_ARG_MEAN, on_tensor(flat(mean), mean)},
                      {DNNL_ARG_VARIANCE, on_tensor(flat(variance), variance)},
                      {DNNL_ARG_SCALE, on_tensor(flat(gamma), gamma)},
                      {DNNL_ARG_SHIFT, on_tensor(flat(beta), beta)},
                      {DNNL_ARG_DIFF_DST, on_tensor(image(x), in[6])},
                      {DNNL_ARG_WORKSPACE, notes},
                      {DNNL_ARG_DIFF_SRC, on_tensor(image(x), out[0])},
                      {DNNL_ARG_DIFF_SCALE, on_tensor(flat(gamma), out[1])},
                      {DNNL_ARG_DIFF_SHIFT, on_tensor(flat(beta), out[2])}});
    }

  private:
    using Flags = dnnl::normalization_flags;

    dnnl::batch_normalization_forward::primitive_desc forward(prop_kind kind, const Tensor& x,
                                                              bool given_moments) const {
        const Flags flags = given_moments ? flags_ | Flags::use_global_stats : flags_;
        return {{kind, image(x), epsilon_, flags}, engine()};
    }
    static std::unordered_map<int, memory> forward_arguments(const Tensor& x, const Tensor& gamma,
                                                             const Tensor& beta, const Tensor& mean,
                                                             const Tensor& variance, const memory& y) {
        return {{DNNL_ARG_SRC, on_tensor(image(x), x)},
                {DNNL_ARG_SCALE, on_tensor(flat(gamma), gamma)},
                {DNNL_ARG_SHIFT, on_tensor(flat(beta), beta)},
                {DNNL_ARG_MEAN, on_tensor(flat(mean), mean)},
                {DNNL_ARG_VARIANCE, on_tensor(flat(variance), variance)},
                {DNNL_ARG_DST, y}};
    }

    float epsilon_;
    Flags flags_ = Flags::use_scale | Flags::use_shift;
};

bool add_normalization(Sequence& sequence, const Problem& problem) {
    const auto& params = problem.params<NormalizeParams>();
    if (!OnednnNormalization::has(params)) return false;
    const OnednnNormalization normalization(params);
    const auto& in = problem.inputs;
    if (problem.pass.op == std::string_view("normalize")) {
        if (!is_forward(problem) || in[5]) return false;
        normalization.add_normalize(sequence, problem);
    } else if (is_forward(problem)) {
        if (in[3]) return false;
        normalization.add_batch_norm(sequence, problem);
    } else {
        if (in[5] || in[7] || in[8] || !problem.outputs[0]) return false;
        normalization.add_batch_norm_backward(sequence, problem);
    }
    return true;
}

bool add_softmax(Sequence& sequence, const Problem& problem) {
    const algorithm kind =
        problem.params<SoftmaxParams>().logarithm ? algorithm::softmax_log : algorithm::softmax_accurate;
    const auto &in = problem.inputs, &out = problem.outputs;
    const memory::desc desc = rows(in[0]);
    const dnnl::softmax_v2_forward::primitive_desc forward({prop_kind::forward_training, kind, desc, desc, 1},
                                                           engine());
    if (is_forward(problem)) {
        sequence.add(dnnl::softmax_v2_forward(forward),
                     {{DNNL_ARG_SRC, on_tensor(desc, in[0])}, {DNNL_ARG_DST, on_tensor(desc, out[0])}});
        return true;
    }
    sequence.add(dnnl::softmax_v2_backward({{kind, desc, desc, desc, 1}, engine(), forward}),
                 {{DNNL_ARG_DST, on_tensor(desc, in[0])},
                  {DNNL_ARG_DIFF_DST, on_tensor(desc, in[1])},
                  {DNNL_ARG_DIFF_SRC, on_tensor(desc, out[0])}});
    return true;
}

bool add_activation(Sequence& sequence, const Problem& problem) {
    struct Kind {
        Activation activation;
        algorithm kind;
        float alpha = 0, beta = 0;
    };
    const auto& params = problem.params<ActivationParams>();
    const std::array kinds{Kind{Activation::relu, algorithm::eltwise_relu},
                           Kind{Activation::relu6, algorithm::eltwise_clip, 0, 6},
                           Kind{Activation::leaky_relu, algorithm::eltwise_relu, float(params.slope)},
                           Kind{Activation::elu, algorithm::eltwise_elu, float(params.alpha)},
                           Kind{Activation::gelu, algorithm::eltwise_gelu_erf},
                           Kind{Activation::gelu_tanh, algorithm::eltwise_gelu_tanh},
                           Kind{Activation::silu, algorithm::eltwise_swish, 1},
                           Kind{Activation::sigmoid, algorithm::eltwise_logistic},
                           Kind{Activation::tanh, algorithm::eltwise_tanh},
                           Kind{Activation::hard_swish, algorithm::eltwise_hardswish}};
    const auto found = std::ranges::find(kinds, params.activation, &Kind::activation);
    if (found == kinds.end()) return false;
    const auto &in = problem.inputs, &out = problem.outputs;
    const memory::desc desc = flat(in[0]);
    const auto [activation, kind, alpha, beta] = *found;
    const dnnl::eltwise_forward::primitive_desc forward(
        {prop_kind::forward_training, kind, desc, alpha, beta}, engine());
    if (is_forward(problem))
        sequence.add(dnnl::eltwise_forward(forward),
                     {{DNNL_ARG_SRC, on_tensor(desc, in[0])}, {DNNL_ARG_DST, on_tensor(desc, out[0])}});
    else
        sequence.add(dnnl::eltwise_backward({{kind, desc, desc, alpha, beta}, engine(), forward}),
                     {{DNNL_ARG_SRC, on_tensor(desc, in[0])},
                      {DNNL_ARG_DIFF_DST, on_tensor(desc, in[1])},
                      {DNNL_ARG_DIFF_SRC, on_tensor(desc, out[0])}});
    return true;
}

std::optional<algorithm> binary_algorithm(BinaryKind kind) {
    switch (kind) {
        case BinaryKind::add:
            return algorithm::binary_add;
        case BinaryKind::sub:
            return algorithm::binary_sub;
        case BinaryKind::mul:
            return algorithm::binary_mul;
        case BinaryKind::div:
            return algorithm::binary_div;
        case BinaryKind::maximum:
            return algorithm::binary_max;
        case BinaryKind::minimum:
            return algorithm::binary_min;
        default:
            return {};
    }
}

bool add_binary(Sequence& sequence, const Problem& problem) {
    const auto kind = binary_algorithm(problem.params<ElementwiseBinaryParams>().kind);
    const Tensor& y = problem.outputs[0];
    constexpr std::array kTags{Tag::a, Tag::ab, Tag::abc, Tag::abcd};
    const int rank = y.rank();
    if (!is_forward(problem) || !kind || rank < 1 || rank > 4) return false;
    const auto broadcast = [&](const Tensor& tensor) {
        Dims dims(static_cast<std::size_t>(rank), 1);
        for (int d = 1; d <= tensor.rank(); ++d) dims[static_cast<std::size_t>(rank - d)] = tensor.dim(-d);
        return layout(dims, kTags[static_cast<std::size_t>(rank - 1)]);
    };
    const Tensor &a = problem.inputs[0], &b = problem.inputs[1];
    sequence.add(dnnl::binary({{*kind, broadcast(a), broadcast(b), broadcast(y)}, engine()}),
                 {{DNNL_ARG_SRC_0, on_tensor(broadcast(a), a)},
                  {DNNL_ARG_SRC_1, on_tensor(broadcast(b), b)},
                  {DNNL_ARG_DST, on_tensor(broadcast(y), y)}});
    return true;
}

struct PassCalls {
    std::string_view op;
    std::string_view only_pass;  // empty: all
    /// False for what oneDNN has not.
    bool (*add)(Sequence& sequence, const Problem& problem);
};

const std::array kPassCalls{
    PassCalls{"activation", "", add_activation},
    PassCalls{"batch_norm", "", add_normalization},
    PassCalls{"conv2d", "", add_convolution},
    PassCalls{"depthwise_conv2d", "", add_convolution},
    PassCalls{"elementwise_binary", "forward", add_binary},
    PassCalls{"global_average_pool", "", add_average_pool},
    PassCalls{"linear", "", add_convolution},
    PassCalls{"matmul", "", add_matmul},
    PassCalls{"max_pool2d", "", add_max_pool},
    PassCalls{"normalize", "forward", add_normalization},
    PassCalls{"softmax", "", add_softmax},
};

const PassCalls* find_calls(const Pass& pass) {
    // Its sums over rows of channels are plain loops: no peer.
    if (pass.name == std::string_view("backward_bias")) return nullptr;
    const auto found = std::ranges::find_if(kPassCalls, [&](const PassCalls& calls) {
        return calls.op == pass.op && (calls.only_pass.empty() || calls.only_pass == pass.name);
    });
    return found == kPassCalls.end() ? nullptr : found;
}

}  // namespace

bool has_onednn() { return true; }
bool onednn_has(const Pass& pass) { return find_calls(pass) != nullptr; }

std::function<void()> onednn_call(const Problem& problem) {
    const PassCalls* const calls = find_calls(problem.pass);
    if (calls == nullptr) return {};
    omp_set_num_threads(num_threads());
    const auto sequence = std::make_shared<Sequence>();
    try {
        if (!calls->add(*sequence, problem)) return {};
        sequence->run();            // some refuse only then
    } catch (const dnnl::error&) {  // not implemented
        return {};
    }
    return [sequence] { sequence->run(); };
}

}  // namespace tern::bench
