#include "tern/layers/trace/trace.hpp"

#include "tern/core/create.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/layers/trace/draft.hpp"

namespace tern {
namespace {

const char* const kWhere = "trace";
constexpr std::int64_t kFewer = 2, kMore = 5;  // samples of the two runs

Draft run_of(Module& model, const Shape& sample, std::int64_t samples) {
    std::vector<std::int64_t> extents{samples};
    extents.insert(extents.end(), sample.begin(), sample.end());
    const Tensor zero = zeros_for(model, {});
    const RandomStream stream{static_cast<std::uint64_t>(samples), RandomPurpose::user, 0};
    return {model, randn(Shape(extents), stream, zero.dtype(), zero.device())};
}

void check_same(const Node& a, const Node& b) {
    TERN_CHECK(a.pass == b.pass && a.module == b.module && a.inputs == b.inputs && a.outputs == b.outputs,
               kWhere, "the model does not run the same operations for every input: for ", kFewer,
               " samples ", place_of(a), ", for ", kMore, " others ", place_of(b),
               " with other inputs or in its place");
    TERN_CHECK(a.params.ref() == b.params.ref() && a.rows == b.rows, kWhere, "the parameters of ",
               place_of(a), " are not the same for every input: they differ for ", kFewer, " samples and ",
               kMore, " others");
}

Extents merged(const Extents& few, const Extents& more, const Node& node) {
    const auto check = [&](bool holds) {
        const auto text = [](const Extents& extents, std::int64_t samples) {
            return Value{.extents = extents}.shape(samples).str();
        };
        TERN_CHECK(holds, kWhere, "the extents that ", place_of(node),
                   " gives must be the same for any number N of samples, or N times as many: ",
                   text(few, kFewer), " for ", kFewer, " samples, ", text(more, kMore), " for ", kMore);
    };
    check(few.size() == more.size());
    Extents result;
    for (std::size_t d = 0; d < few.size(); ++d) {
        const std::int64_t a = few[d].count, b = more[d].count;
        if (a != b) check(a % kFewer == 0 && b % kMore == 0 && a / kFewer == b / kMore);
        result.push_back(a == b ? Extent{a} : Extent{a / kFewer, true});
    }
    return result;
}

// Both runs read the same.
void check_constant(const Value& a, const Value& b, const Node& node, std::size_t input) {
    const auto name = [&] {
        const std::vector<std::string>& names = node.pass->inputs;
        return node.pass == nullptr || names.size() != node.inputs.size() ? to_text("input ", input)
                                                                          : names[input];
    };
    TERN_CHECK(a.constant.defined() == b.constant.defined() && a.constant.shape() == b.constant.shape(),
               kWhere, "what ", place_of(node), " reads as ", name(), " is ", a.constant, " for ", kFewer,
               " samples and ", b.constant, " for ", kMore,
               ": a constant must be the same for any number of samples");
    TERN_CHECK(a.name == b.name && checksum_of(a.constant) == checksum_of(b.constant), kWhere, "what ",
               place_of(node), " reads as ", name(), " (", a.constant,
               ") comes from no operation that was seen, and is not the same for every input: it is computed "
               "past the "
               "operations");
}

}  // namespace

Graph trace(Module& model, const Shape& sample) {
    const Draft fewer = run_of(model, sample, kFewer), more = run_of(model, sample, kMore);
    Graph graph = fewer.graph();
    const Graph& other = more.graph();
    graph.values.at(static_cast<std::size_t>(graph.input)).extents[0] = {1, true};
    for (std::size_t i = 0; i < std::min(graph.nodes.size(), other.nodes.size()); ++i) {
        const Node &node = graph.nodes[i], &same = other.nodes[i];
        check_same(node, same);
        for (std::size_t k = 0; k < node.inputs.size(); ++k) {
            if (node.inputs[k] == kNoValue) continue;
            const Value &a = graph.value(node.inputs[k]), &b = other.value(node.inputs[k]);
            if (a.constant.defined() || b.constant.defined()) check_constant(a, b, node, k);
        }
        for (const ValueId id : node.outputs) {
            if (id == kNoValue) continue;
            Extents& extents = graph.values[static_cast<std::size_t>(id)].extents;
            extents = merged(extents, other.value(id).extents, node);
        }
    }
    TERN_CHECK(graph.nodes.size() == other.nodes.size() && graph.output == other.output, kWhere,
               "the model does not run the same operations for every input: ", graph.nodes.size(), " for ",
               kFewer, " samples, ", other.nodes.size(), " for ", kMore, " others");
    return graph;
}

}  // namespace tern
