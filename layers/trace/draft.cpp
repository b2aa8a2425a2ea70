#include "tern/layers/trace/draft.hpp"

#include <algorithm>
#include <map>

namespace tern {
namespace {

const char* const kWhere = "trace";

bool is_same(const Tensor& a, const Tensor& b) {
    return a.raw_data() == b.raw_data() && a.shape() == b.shape() && a.dtype() == b.dtype();
}

bool contains(const Tensor& all, const Tensor& part) {
    return all.raw_data() <= part.raw_data() &&
           part.raw_data() + part.bytes() <= all.raw_data() + all.bytes();
}

// What an operation read and wrote is at the end what it was then.
void check_unchanged(const RecordedRun::Seen& seen, const char* verb, const Node& by) {
    TERN_CHECK(checksum_of(seen.tensor) == seen.checksum, kWhere, "what ", place_of(by), ' ', verb, " (",
               seen.tensor, ") is changed in place afterwards, which no graph has");
}

// Which rows of `all` the part is; none where it is all of them.
std::optional<Rows> rows_of(const Tensor& all, const Tensor& part, const std::string& reader) {
    if (part.bytes() == all.bytes()) return {};
    const std::int64_t row = all.rank() == 0 || all.dim(0) == 0 ? 0 : all.bytes() / all.dim(0);
    const std::int64_t offset = part.raw_data() - all.raw_data();
    TERN_CHECK(row > 0 && offset % row == 0 && part.bytes() % row == 0, kWhere, reader, " reads ",
               part.numel(), " elements of ", all, " in place, which are no rows of its leading dimension");
    return Rows{offset / row, (offset + part.bytes()) / row};
}

}  // namespace

std::vector<Draft::State> Draft::state_of(const Module& model) {
    std::vector<State> result;
    for (NamedTensor& named : model.state()) {
        std::string checksum = checksum_of(named.tensor);
        result.push_back({std::move(named), std::move(checksum)});
    }
    return result;
}

Draft::Draft(Module& model, const Tensor& input) : state_(state_of(model)), run_(model, input, true) {
    TERN_CHECK(checksum_of(input) == run_.input().checksum, kWhere, "the model changes its input in place");
    for (const auto& [named, checksum] : state_)
        TERN_CHECK(checksum_of(named.tensor) == checksum, kWhere, "the model changes ", named.name,
                   " each time it runs, which no graph has");
    std::map<const void*, std::string> names;
    model.visit([&](const std::string& name, Module& module) { names.emplace(&module, name); });
    graph_.input = add(input);
    for (const RecordedRun::Operation& operation : run_.operations()) {
        const auto owner = names.find(operation.owner);
        add_operation(operation, owner == names.end() ? "" : owner->second);
    }
    graph_.output = value_of(run_.output(), "the caller", "");
    TERN_CHECK(!graph_.value(graph_.output).constant.defined(), kWhere, "the output (", run_.output(),
               ") comes from no operation that was seen: it is computed past the operations");
    leave_out_unused();
}

ValueId Draft::add(const Tensor& tensor) {
    Extents extents;
    for (const std::int64_t count : tensor.shape()) extents.push_back({count});
    graph_.values.push_back({.extents = extents, .dtype = tensor.dtype()});
    tensors_.push_back(tensor);
    return static_cast<ValueId>(tensors_.size()) - 1;
}

ValueId Draft::add_constant(const Tensor& tensor, std::string name) {
    const ValueId id = add(tensor);
    graph_.values.back().name = std::move(name);
    graph_.values.back().constant = tensor.to(Device::cpu());
    return id;
}

void Draft::add_operation(const RecordedRun::Operation& operation, std::string module) {
    Node node{operation.pass, operation.params, {}, std::move(module), {}, {}};
    for (const RecordedRun::Seen& seen : operation.inputs) {
        if (seen.tensor.defined()) check_unchanged(seen, "reads", node);
        node.inputs.push_back(seen.tensor.defined() ? value_of(seen.tensor, place_of(node), node.module)
                                                    : kNoValue);
    }
    for (const RecordedRun::Seen& seen : operation.outputs) {
        node.outputs.push_back(kNoValue);
        if (!seen.tensor.defined()) continue;
        check_unchanged(seen, "gives", node);
        const auto in_place = [&](const Tensor& other) { return overlap(other, seen.tensor); };
        const auto in_state = [&](const State& state) { return in_place(state.named.tensor); };
        TERN_CHECK(std::ranges::none_of(tensors_, in_place) && std::ranges::none_of(state_, in_state), kWhere,
                   place_of(node), " writes its result (", seen.tensor,
                   ") in the place of another tensor, which no graph has");
        node.outputs.back() = add(seen.tensor);
    }
    graph_.nodes.push_back(std::move(node));
}

ValueId Draft::value_of(const Tensor& tensor, const std::string& reader, const std::string& module) {
    const auto same =
        std::ranges::find_if(tensors_, [&](const Tensor& known) { return is_same(known, tensor); });
    if (same != tensors_.end()) return static_cast<ValueId>(same - tensors_.begin());
    for (ValueId id = 0; id < static_cast<ValueId>(tensors_.size()); ++id)
        if (!graph_.value(id).constant.defined() && overlap(this->tensor(id), tensor))
            return view_of(id, tensor, reader, module);
    return constant_of(tensor);
}

ValueId Draft::view_of(ValueId base, const Tensor& tensor, const std::string& reader,
                       const std::string& module) {
    const Tensor all = this->tensor(base);
    TERN_CHECK(contains(all, tensor) && all.dtype() == tensor.dtype(), kWhere, reader, " reads ", tensor,
               " over the memory of ", all, ", of which it is no view");
    Node view{nullptr, NoParams{}, rows_of(all, tensor, reader), module, {base}, {}};
    view.outputs = {add(tensor)};
    graph_.nodes.push_back(std::move(view));
    return graph_.nodes.back().outputs[0];
}

ValueId Draft::constant_of(const Tensor& tensor) {
    for (const auto& [named, checksum] : state_) {
        const auto& [name, all] = named;
        if (!contains(all, tensor) || all.dtype() != tensor.dtype()) continue;
        const std::int64_t first = (tensor.raw_data() - all.raw_data()) / size_of(all.dtype());
        const bool whole = tensor.bytes() == all.bytes();
        return add_constant(tensor,
                            whole ? name : to_text(name, '[', first, ':', first + tensor.numel(), ']'));
    }
    return add_constant(tensor, "");
}

// From the output back; what is left is numbered anew, in the order of the nodes.
void Draft::leave_out_unused() {
    std::vector<bool> used(tensors_.size());
    const auto is_used = [&](ValueId id) { return id != kNoValue && used[static_cast<std::size_t>(id)]; };
    used[static_cast<std::size_t>(graph_.output)] = true;
    std::vector<Node> nodes;
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
        if (std::ranges::none_of(node->outputs, is_used)) continue;
        for (const std::vector<ValueId>& ids : {node->inputs, node->outputs})
            for (const ValueId id : ids)
                if (id != kNoValue) used[static_cast<std::size_t>(id)] = true;
        nodes.push_back(std::move(*node));
    }
    std::ranges::reverse(nodes);
    used[static_cast<std::size_t>(graph_.input)] = true;

    Graph graph;
    Tensors tensors;
    std::vector<ValueId> numbers(tensors_.size(), kNoValue);
    for (std::size_t id = 0; id < used.size(); ++id) {
        if (!used[id]) continue;
        numbers[id] = static_cast<ValueId>(tensors.size());
        graph.values.push_back(std::move(graph_.values[id]));
        tensors.push_back(tensors_[id]);
    }
    const auto renumber = [&](ValueId& id) {
        id = id == kNoValue ? kNoValue : numbers[static_cast<std::size_t>(id)];
    };
    for (Node& node : nodes) {
        std::ranges::for_each(node.inputs, renumber);
        std::ranges::for_each(node.outputs, renumber);
    }
    graph.nodes = std::move(nodes);
    graph.input = numbers[static_cast<std::size_t>(graph_.input)];
    graph.output = numbers[static_cast<std::size_t>(graph_.output)];
    graph_ = std::move(graph);
    tensors_ = std::move(tensors);
}

}  // namespace tern
