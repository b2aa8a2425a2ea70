// From a graph of tern's operations to one of ONNX's, node by node.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tern/layers/trace/graph.hpp"
#include "tern/training/onnx/layout.hpp"
#include "tern/training/onnx/onnx_file.hpp"

namespace tern::onnx {

/// What translate() of each operation works with. A value lies in the ONNX graph in one order of dimensions or in several:
/// whoever reads it says in which, and it is transposed where it does not lie so yet. So a value that stays among convolutions
/// is never transposed, and a permutation costs nothing by itself.
class Translation {
  public:
    /// The input lies in `input_order`.
    Translation(const Graph& graph, const Order& input_order);
    /// Translates all nodes. Throws Error for an operation that ONNX has no counterpart of.
    void run();
    /// The output lies as tern has it. Names it.
    std::string bytes(const std::map<std::string, std::string>& metadata);

    // -- values of tern's graph ----------------------------------------------------------------------------

    const Value& value(ValueId id) const { return graph_.value(id); }
    bool is_constant(ValueId id) const { return value(id).constant.defined(); }
    /// The value in that order. A constant may have fewer dimensions than the order: it lies as if extents of 1 came before.
    std::string in(ValueId id, const Order& order);
    std::string in(ValueId id) { return in(id, own_order(value(id).rank())); }
    /// Whether it lies in that order already.
    bool lies_in(ValueId id, const Order& order) const;
    /// An order that costs no transposition, channels first if both would do.
    Order order_of(ValueId id) const;
    /// One that costs few, for values that are read together, all in it. Those of a lower rank that are not constant want their
    /// own: then it is that of all.
    Order common_order(const std::vector<ValueId>& ids, int rank) const;
    /// A constant in another shape of as many elements, and of as many rows where it is whole numbers times scales.
    std::string constant(ValueId id, const Shape& shape);

    /// What lies there in that order is the value.
    void give(ValueId id, const Order& order, const std::string& name);
    /// The value is another one, with dimension d that one's dimension order[d].
    void give_permuted(ValueId id, ValueId other, const Order& order);

    // -- nodes of ONNX's graph -----------------------------------------------------------------------------

    /// Adds a node and returns the name of its output, or outputs.
    std::string node(const std::string& operation, const std::vector<std::string>& inputs,
                     const Attributes& attributes = {});
    std::vector<std::string> node(const std::string& operation, const std::vector<std::string>& inputs,
                                  const Attributes& attributes, int outputs);
    /// New constants; equal ones are one.
    std::string scalar(double value, DType dtype);
    std::string integers(const std::vector<std::int64_t>& values);
    std::string filled(std::int64_t count, double value, DType dtype);
    /// Throws Error that names the node which is being translated.
    template <class... Args>
    [[noreturn]] void refuse(const Args&... why) const {
        fail("onnx", place_of(*current_), ' ', why...);
    }
    /// Extents of a value in that order for a Reshape: one may follow the number of samples.
    std::vector<std::int64_t> target(const Extents& extents, const Order& order) const;

  private:
    struct Place {
        Order order;
        std::string name;
    };
    std::vector<Place>& places(ValueId id) { return places_.at(static_cast<std::size_t>(id)); }
    const std::vector<Place>& places(ValueId id) const { return places_.at(static_cast<std::size_t>(id)); }
    const std::string* find(ValueId id, const Order& order) const;
    std::string transposed(ValueId id, const Place& from, const Order& order);
    std::string constant_in(ValueId id, const Order& order);
    std::string times_scale(const std::string& name, const Tensor& whole, const Tensor& scale);
    std::string unique(const std::string& wanted);
    std::string added(const std::string& kind, const Tensor& tensor);

    const Graph& graph_;
    Order input_order_;
    OnnxFile file_;
    std::vector<std::vector<Place>> places_;                            // of the values
    std::map<std::pair<ValueId, std::string>, std::string> constants_;  // by value and shape
    std::map<std::string, std::string> added_;                          // by type and bytes
    std::map<std::string, int> taken_;                                  // names, and how often
    const Node* current_ = nullptr;
};

}  // namespace tern::onnx
