#include "tern/bench/onednn.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "tern/bench/timing.hpp"
#include "tern/core/parallel.hpp"
#include "tern/kernels/conv2d/conv2d.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/kernels/max_pool2d/max_pool2d.hpp"

namespace tern::bench {
namespace {

using dnnl::memory;
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
    /// `from` in another layout; itself where it has that.
    memory packed(const memory& from, const memory::desc& desc) {
        if (from.get_desc() == desc) return from;
        memory to = unfilled(desc);
        add(dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
        return to;
    }
    void run() {
        for (const Step& step : steps_) step.primitive.execute(stream_, step.arguments);
        stream_.wait();
    }
    double seconds() {
        return median_seconds_of([this] { run(); });
    }

  private:
    struct Step {
        dnnl::primitive primitive;
        std::unordered_map<int, memory> arguments;
    };
    std::vector<Step> steps_;
    dnnl::stream stream_{engine()};
};

memory::desc layout(const Dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

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
        return {{dnnl::prop_kind::forward_training, kAlgorithm, x, w, bias, y, strides(), dilates(), before(),
                 after()},
                engine()};
    }
    double seconds(const Problem& problem) const {
        Sequence sequence;
        const std::string_view pass = problem.pass.name;
        if (pass == "forward") {
            const Tensor &x = problem.inputs[0], &w = problem.inputs[1];
            const Tensor bias = problem.inputs.size() > 2 ? problem.inputs[2] : Tensor();
            const bool with_bias = bias.defined();
            const memory::desc bias_desc = with_bias ? layout({bias.numel()}, Tag::a) : memory::desc();
            const auto chosen = forward(image(x), weights(w, true), bias_desc, image(problem.outputs[0]));
            std::unordered_map<int, memory> arguments{
                {DNNL_ARG_SRC, on_tensor(image(x), x)},
                {DNNL_ARG_WEIGHTS, sequence.packed(on_tensor(weights(w, false), w), chosen.weights_desc())},
                {DNNL_ARG_DST, unfilled(chosen.dst_desc())}};
            if (with_bias) arguments.emplace(DNNL_ARG_BIAS, on_tensor(bias_desc, bias));
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
                 {DNNL_ARG_DIFF_SRC, unfilled(chosen.diff_src_desc())}});
        } else {
            const Tensor &x = problem.inputs[0], &dy = problem.inputs[1], &dw = problem.outputs[0];
            const dnnl::convolution_backward_weights::primitive_desc chosen(
                {kAlgorithm, image(x), weights(dw, true), image(dy), strides(), dilates(), before(), after()},
                engine(), forward(image(x), weights(dw, true), {}, image(dy)));
            const memory result = unfilled(chosen.diff_weights_desc());
            sequence.add(dnnl::convolution_backward_weights(chosen),
                         {{DNNL_ARG_SRC, on_tensor(image(x), x)},
                          {DNNL_ARG_DIFF_DST, on_tensor(image(dy), dy)},
                          {DNNL_ARG_DIFF_WEIGHTS, result}});
            sequence.packed(result, weights(dw, false));
        }
        return sequence.seconds();
    }

  private:
    static constexpr dnnl::algorithm kAlgorithm = dnnl::algorithm::convolution_direct;
    Dims strides() const { return {window.stride_h, window.stride_w}; }
    Dims dilates() const { return {window.dilation_h - 1, window.dilation_w - 1}; }
    Dims before() const { return {window.pad_top, window.pad_left}; }
    Dims after() const { return {window.pad_bottom, window.pad_right}; }
};

// `x` and `y` are the images before and behind the pool, with gradients or without.
double pool_seconds(const Problem& problem, dnnl::algorithm algorithm, const Window2d& window,
                    const Tensor& x, const Tensor& y) {
    const Dims strides{window.stride_h, window.stride_w}, kernel{window.kernel_h, window.kernel_w};
    const Dims before{window.pad_top, window.pad_left}, after{window.pad_bottom, window.pad_right};
    const dnnl::pooling_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, algorithm, image(x), image(y), strides, kernel, before, after},
        engine());
    // The backward pass reads where the maxima were.
    const memory places = unfilled(forward.workspace_desc());
    Sequence forwards;
    forwards.add(dnnl::pooling_forward(forward), {{DNNL_ARG_SRC, on_tensor(image(x), x)},
                                                  {DNNL_ARG_DST, unfilled(forward.dst_desc())},
                                                  {DNNL_ARG_WORKSPACE, places}});
    if (std::string_view(problem.pass.name) == "forward") return forwards.seconds();
    forwards.run();
    const dnnl::pooling_backward::primitive_desc backward(
        {algorithm, image(x), image(y), strides, kernel, before, after}, engine(), forward);
    Sequence backwards;
    backwards.add(dnnl::pooling_backward(backward), {{DNNL_ARG_DIFF_DST, on_tensor(image(y), y)},
                                                     {DNNL_ARG_DIFF_SRC, unfilled(backward.diff_src_desc())},
                                                     {DNNL_ARG_WORKSPACE, places}});
    return backwards.seconds();
}

std::optional<double> max_pool_seconds(const Problem& problem) {
    const Window2d& window = problem.params<MaxPool2dParams>().window;
    if (window.dilation_h != 1 || window.dilation_w != 1) return {};
    const bool forward = std::string_view(problem.pass.name) == "forward";
    return pool_seconds(problem, dnnl::algorithm::pooling_max, window, problem.inputs[forward ? 0 : 1],
                        forward ? problem.outputs[0] : problem.inputs[0]);
}

double average_pool_seconds(const Problem& problem) {
    const bool forward = std::string_view(problem.pass.name) == "forward";
    const Tensor &x = forward ? problem.inputs[0] : problem.outputs[0],
                 &y = forward ? problem.outputs[0] : problem.inputs[0];
    const Window2d window{.kernel_h = x.dim(1), .kernel_w = x.dim(2)};
    return pool_seconds(problem, dnnl::algorithm::pooling_avg_exclude_padding, window, x, y);
}

std::optional<double> seconds_of(const Problem& problem) {
    const std::string_view op = problem.pass.op, pass = problem.pass.name;
    if (op == "max_pool2d") return max_pool_seconds(problem);
    if (op == "global_average_pool") return average_pool_seconds(problem);
    if (pass == "backward_bias") return {};
    if (op == "linear") return Convolution{}.seconds(problem);
    if (op == "conv2d") {
        const auto& params = problem.params<Conv2dParams>();
        return Convolution{params.window, params.groups}.seconds(problem);
    }
    if (op == "depthwise_conv2d") {
        const Tensor& image = pass == "backward_input" ? problem.outputs[0] : problem.inputs[0];
        return Convolution{problem.params<DepthwiseConv2dParams>().window, image.dim(3)}.seconds(problem);
    }
    return {};
}

}  // namespace

bool has_onednn() { return true; }

std::optional<double> onednn_seconds(const Problem& problem) {
    omp_set_num_threads(num_threads());
    try {
        return seconds_of(problem);
    } catch (const dnnl::error&) {  // not implemented
        return {};
    }
}

}  // namespace tern::bench
