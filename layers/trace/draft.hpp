// One run of a model as a graph, before it is known what follows from the number of samples.
#pragma once

#include <string>

#include "tern/layers/trace/graph.hpp"
#include "tern/layers/trace/recorded_run.hpp"

namespace tern {

/// The graph of one run: extents are those of the run, and everything is a constant that no operation gave. Values and nodes
/// that the output does not depend on are left out.
class Draft {
  public:
    /// Throws Error where memory was changed in place, where what is read is no view of one value, and where the output comes
    /// from no operation.
    Draft(Module& model, const Tensor& input);

    const Graph& graph() const { return graph_; }
    const Tensor& tensor(ValueId id) const { return tensors_.at(static_cast<std::size_t>(id)); }

  private:
    ValueId add(const Tensor& tensor);
    ValueId add_constant(const Tensor& tensor, std::string name);
    // `reader`: for messages; `module`: of the view that this may be.
    ValueId value_of(const Tensor& tensor, const std::string& reader, const std::string& module);
    ValueId view_of(ValueId base, const Tensor& tensor, const std::string& reader, const std::string& module);
    ValueId constant_of(const Tensor& tensor);
    void add_operation(const RecordedRun::Operation& operation, std::string module);
    void leave_out_unused();

    struct State {
        NamedTensor named;
        std::string checksum;  // before the run
    };
    static std::vector<State> state_of(const Module& model);

    std::vector<State> state_;
    RecordedRun run_;
    Graph graph_;
    Tensors tensors_;  // of graph_.values
};

}  // namespace tern
