// What a model computes, as a graph of operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tern/kernels/dispatch/pass.hpp"

namespace tern {

/// An extent of a value, for N samples: `count`, or N times that.
struct Extent {
    std::int64_t count = 0;
    bool per_sample = false;

    std::int64_t of(std::int64_t samples) const { return per_sample ? count * samples : count; }
    friend bool operator==(const Extent&, const Extent&) = default;
};
using Extents = std::vector<Extent>;

/// Its place in Graph::values.
using ValueId = int;
inline constexpr ValueId kNoValue = -1;
inline std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

/// The input, a constant, or what a node gives.
struct Value {
    Extents extents;
    DType dtype = DType::float32;
    /// Of a constant: the dotted name of the parameter or buffer that it is, or is a part of, as "weight[0:9]"; else empty.
    std::string name = {};
    /// The elements of a constant, on the CPU; else undefined. Those of parameters and buffers are shared with the model.
    Tensor constant = {};
    /// Of a constant that is whole numbers (int8, int32), of its shape, times a scale for each row of its leading dimension: those.
    Tensor whole = {}, row_scale = {};

    int rank() const { return static_cast<int>(extents.size()); }
    Shape shape(std::int64_t samples) const;
};

/// Elements [begin, end) of the leading dimension.
struct Rows {
    std::int64_t begin = 0, end = 0;
    friend bool operator==(const Rows&, const Rows&) = default;
};

/// A node as a pass: its parameters, and its values by the names of the pass's tensors.
template <TypedPass P>
struct NodeOf {
    template <class References>
    using Field = std::conditional_t<kIsList<References>, std::vector<ValueId>, ValueId>;

    const ParamsOf<P>& params;
    typename P::template InputsAs<Field<InputsOf<P>>> in;
    typename P::template OutputsAs<Field<OutputsOf<P>>> out;
};

/// An operation that ran; or a view of its one input: those rows of it, where they are not all, in the extents of its one
/// output.
struct Node {
    const Pass* pass;  // null: a view
    ParamsBox params;
    std::optional<Rows> rows;              // of a view
    std::string module;                    // dotted name of the module that ran it
    std::vector<ValueId> inputs, outputs;  // as the pass has them; kNoValue: left out

    /// "conv2d", "view"
    const char* operation() const { return pass == nullptr ? "view" : pass->op; }
    template <TypedPass P>
    bool is() const {
        return pass == &info_of<P>();
    }
    /// Of a node that is a P.
    template <TypedPass P>
    NodeOf<P> as() const;
};

/// Nodes in an order in which they can run; each value is the input, a constant, or an output of one node.
struct Graph {
    std::vector<Value> values;
    std::vector<Node> nodes;
    ValueId input = kNoValue, output = kNoValue;

    const Value& value(ValueId id) const { return values.at(static_cast<std::size_t>(id)); }
};

/// "conv2d in entry.conv1", for messages.
std::string place_of(const Node& node);

// -- the inside of it --------------------------------------------------------------------------------------

/// A struct of fields of one type, or of one list, as TERN_PASS makes them, from their values.
template <class Fields, class References>
Fields fields_from(const std::vector<ValueId>& ids) {
    if constexpr (kIsList<References>) {
        return Fields{ids};
    } else {
        constexpr std::size_t kCount = std::tuple_size_v<References>;
        TERN_ASSERT(ids.size() == kCount);
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return Fields{ids[I]...}; }
        (std::make_index_sequence<kCount>{});
    }
}

template <TypedPass P>
NodeOf<P> Node::as() const {
    TERN_ASSERT(is<P>());
    return {params.ref().template as<ParamsOf<P>>(),
            fields_from<decltype(NodeOf<P>::in), InputsOf<P>>(inputs),
            fields_from<decltype(NodeOf<P>::out), OutputsOf<P>>(outputs)};
}

}  // namespace tern
