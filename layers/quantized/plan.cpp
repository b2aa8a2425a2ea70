#include "tern/layers/quantized/plan.hpp"

#include <algorithm>
#include <optional>

#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"
#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/layers/fold_batch_norms.hpp"

namespace tern {
namespace {

using Kind = QuantizedStep::Kind;

// A dense or depthwise convolution, or a linear layer, with constant weights.
struct Product {
    ValueId x, weight, bias, y;
    Window2d window;
    bool depthwise = false;
};

class Planner {
  public:
    explicit Planner(const Graph& graph)
        : graph_(graph), readers_(graph.values.size()), taken_(graph.nodes.size()) {
        for (std::size_t n = 0; n < graph.nodes.size(); ++n)
            for (const ValueId id : graph.nodes[n].inputs)
                if (id != kNoValue) readers_[index(id)].push_back(n);
    }

    std::vector<QuantizedStep> steps() {
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n)
            if (!taken_[n]) add(n);
        std::ranges::stable_sort(planned_, {}, &Planned::last);
        choose_results();
        std::vector<QuantizedStep> steps;
        for (Planned& planned : planned_) steps.push_back(std::move(planned.step));
        return steps;
    }

  private:
    struct Planned {
        std::size_t last;  // of its nodes
        QuantizedStep step;
    };

    bool is_constant(ValueId id) const { return id == kNoValue || graph_.value(id).constant.defined(); }

    std::optional<Product> product(std::size_t n) const {
        const Node& node = graph_.nodes[n];
        std::optional<Product> found;
        if (node.is<conv2d_passes::Forward>()) {
            const auto conv = node.as<conv2d_passes::Forward>();
            if (conv.params.groups == 1)
                found = Product{conv.in.x, conv.in.w, conv.in.bias, conv.out.y, conv.params.window};
        } else if (node.is<linear_passes::Forward>()) {
            const auto linear = node.as<linear_passes::Forward>();
            const int rank = graph_.value(linear.in.x).rank();
            if (rank == 2 || rank == 4)
                found = Product{linear.in.x, linear.in.w, linear.in.bias, linear.out.y, {}};
        } else if (node.is<depthwise_conv2d_passes::Forward>()) {
            const auto conv = node.as<depthwise_conv2d_passes::Forward>();
            found = Product{conv.in.x, conv.in.w, conv.in.bias, conv.out.y, conv.params.window, true};
        }
        if (found && (!is_constant(found->weight) || !is_constant(found->bias) || is_constant(found->x)))
            found.reset();
        return found;
    }

    // The one node that reads it, where there is one and the caller does not.
    std::optional<std::size_t> only_reader(ValueId id) const {
        if (id == graph_.output || readers_[index(id)].size() != 1) return {};
        return readers_[index(id)][0];
    }

    static bool is_clipping(Activation activation) {
        return activation == Activation::relu || activation == Activation::relu6;
    }

    // Takes into the step what follows `value` and can be a part of it; returns what that gives.
    ValueId follow(ValueId value, Planned& planned, bool with_residual) {
        for (;;) {
            const std::optional<std::size_t> n = only_reader(value);
            if (!n || taken_[*n]) return value;  // a sum is of one of the two convolutions that it adds
            const Node& node = graph_.nodes[*n];
            ValueId residual = kNoValue, output = kNoValue;
            bool cuts_off = false;
            if (node.is<normalize_passes::Forward>()) {
                const auto norm = node.as<normalize_passes::Forward>();
                const auto constant = [&](ValueId id) { return graph_.value(id).constant; };
                const Activation activation = norm.params.activation;
                if (norm.in.x != value ||
                    !normalizes_nothing(constant(norm.in.gamma), constant(norm.in.beta),
                                        constant(norm.in.mean), constant(norm.in.variance),
                                        norm.params.epsilon) ||
                    (activation != Activation::none && !is_clipping(activation)))
                    return value;
                residual = norm.in.residual;
                output = norm.out.y;
                cuts_off = is_clipping(activation);
            } else if (node.is<activation_passes::Forward>()) {
                const auto activation = node.as<activation_passes::Forward>();
                if (!is_clipping(activation.params.activation)) return value;
                output = activation.out.y;
                cuts_off = true;
            } else if (node.is<elementwise_binary_passes::Forward>()) {
                const auto sum = node.as<elementwise_binary_passes::Forward>();
                residual = sum.in.a == value ? sum.in.b : sum.in.a;
                if (sum.params.kind != BinaryKind::add || residual == value) return value;
                output = sum.out.y;
            } else {
                return value;
            }
            if (residual != kNoValue) {
                if (!with_residual || planned.step.residual != kNoValue || is_constant(residual) ||
                    graph_.value(residual).extents != graph_.value(output).extents)
                    return value;
                planned.step.residual = residual;
            }
            take(*n, planned);
            planned.step.cuts_off = cuts_off;
            value = output;
            if (cuts_off) return value;
        }
    }

    void take(std::size_t n, Planned& planned) {
        taken_[n] = true;
        planned.last = std::max(planned.last, n);
    }

    std::string layer_of(const Product& product) const {
        const std::string& name = graph_.value(product.weight).name;
        return name.substr(0, std::min(name.rfind('.'), name.size()));
    }

    void add(std::size_t n) {
        Planned planned{n, {}};
        QuantizedStep& step = planned.step;
        step.node = n;
        const Node& node = graph_.nodes[n];
        step.input = node.inputs.empty() ? kNoValue : node.inputs[0];
        step.output = node.outputs.empty() ? kNoValue : node.outputs[0];
        const std::optional<Product> found = product(n);
        if (found && !found->depthwise) {
            step.kind = Kind::convolution;
            add_product(*found, planned, true);
        } else if (found) {
            add_separable(n, *found, planned);
        } else if (node.pass == nullptr && !is_constant(step.input)) {
            step.kind = Kind::view;
        } else if (node.is<max_pool2d_passes::Forward>()) {
            step.kind = Kind::max_pool;
            step.window = node.as<max_pool2d_passes::Forward>().params.window;
        } else if (node.is<global_average_pool_passes::Forward>()) {
            step.kind = Kind::average_pool;
        }
        planned_.push_back(std::move(planned));
    }

    void add_product(const Product& product, Planned& planned, bool with_residual) {
        planned.step.cuts_off = false;
        const ValueId output = follow(product.y, planned, with_residual);
        planned.step.weights.push_back({layer_of(product), product.weight, product.bias, output});
        planned.step.output = output;
        planned.step.input = product.x;
        if (planned.step.weights.size() == 1) planned.step.window = product.window;
    }

    // A depthwise convolution alone stays in float32.
    void add_separable(std::size_t n, const Product& depthwise, Planned& planned) {
        const std::vector<bool> taken = taken_;
        Planned tried = planned;
        add_product(depthwise, tried, false);
        const std::optional<std::size_t> next = only_reader(tried.step.output);
        const std::optional<Product> pointwise = next ? product(*next) : std::nullopt;
        if (!pointwise || pointwise->depthwise || pointwise->window != Window2d{} ||
            pointwise->x != tried.step.output || graph_.value(pointwise->y).rank() != 4) {
            taken_ = taken;
            return;
        }
        tried.step.kind = Kind::separable;
        tried.step.node = n;
        take(*next, tried);
        add_product(*pointwise, tried, true);
        tried.step.input = depthwise.x;
        planned = std::move(tried);
    }

    // Which steps give bytes: pools and views those that they read.
    void choose_results() {
        std::vector<bool> bytes(graph_.values.size()), wanted(graph_.values.size());
        for (Planned& planned : planned_) {
            QuantizedStep& step = planned.step;
            const bool pool = step.kind == Kind::max_pool || step.kind == Kind::average_pool;
            if ((pool || step.kind == Kind::view) && !bytes[index(step.input)]) step.kind = Kind::node;
            if (step.kind != Kind::node) bytes[index(step.output)] = true;
        }
        for (auto planned = planned_.rbegin(); planned != planned_.rend(); ++planned) {
            QuantizedStep& step = planned->step;
            const bool asked = wanted[index(step.output)];
            if ((step.kind == Kind::max_pool || step.kind == Kind::view) && !asked) step.kind = Kind::node;
            step.gives_bytes = step.kind == Kind::separable || step.kind == Kind::average_pool ||
                               (step.kind != Kind::node && (asked || step.cuts_off));
            if (step.kind == Kind::node) continue;
            wanted[index(step.input)] = true;
            if (step.residual != kNoValue) wanted[index(step.residual)] = true;
        }
    }

    const Graph& graph_;
    std::vector<std::vector<std::size_t>> readers_;  // of each value
    std::vector<bool> taken_;                        // nodes
    std::vector<Planned> planned_;
};

}  // namespace

std::vector<QuantizedStep> plan_of(const Graph& graph) { return Planner(graph).steps(); }

}  // namespace tern
