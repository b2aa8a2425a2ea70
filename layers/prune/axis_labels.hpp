// Which positions along the axes of parameters are one channel.
#pragma once

#include <vector>

#include "tern/core/named_tensor.hpp"
#include "tern/layers/trace/graph.hpp"

namespace tern {

/// A label for each position along each axis of a model's parameters and buffers. Positions of one label are one channel: what
/// operations do to the values makes them so, such as a sum, whose inputs have the same channels. kFixed: the position has to
/// stay, because it is of the input, the output, the size of an image or a kernel, or because an operation takes it for more than
/// one channel among others (a border, a mean or softmax over channels, an operation without a rule here).
class AxisLabels {
  public:
    using Label = std::int32_t;
    using Axis = std::vector<Label>;
    using Axes = std::vector<Axis>;
    static constexpr Label kFixed = 0;

    /// `state`: of the model that `graph` is of.
    AxisLabels(const Graph& graph, const NamedTensors& state);

    /// Of each tensor of `state`.
    const std::vector<Axes>& of_state() const { return state_axes_; }

  private:
    Label find(Label label);
    void unite(Label a, Label b);
    void unite(const Axis& a, const Axis& b);
    void unite(const Axes& a, const Axes& b);
    void fix(const Axis& axis);
    void fix(const Axes& axes);
    bool is_fixed(const Axis& axis);

    Axes& at(ValueId id) { return values_.at(static_cast<std::size_t>(id)); }
    Axes fixed(ValueId id) const;
    void set_constant(std::size_t id, const NamedTensors& state);
    void fix_shared(const NamedTensors& state);

    void visit(const Node& node);
    void multiply(ValueId x, ValueId weight, ValueId bias, ValueId y);
    void normalize(const Axes& x, const std::vector<ValueId>& vectors);
    Axes viewed(Axes from, const Shape& to);
    Axis flattened(const Axes& from);
    Axes broadcast(const std::vector<ValueId>& ids, ValueId result);

    const Graph& graph_;
    std::vector<Label> parents_{kFixed};
    std::vector<Axes> state_axes_, values_;
    std::vector<bool> is_read_;  // of each tensor of the state
};

}  // namespace tern
