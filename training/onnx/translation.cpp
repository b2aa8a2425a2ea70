#include "tern/training/onnx/translation.hpp"

#include <algorithm>

#include "tern/core/error.hpp"
#include "tern/training/onnx/translate.hpp"

namespace tern::onnx {
namespace {

constexpr const char *kInput = "input", *kOutput = "output", *kSamples = "N";

std::vector<std::int64_t> as_integers(const Order& order) { return {order.begin(), order.end()}; }

// Whether dimensions of more than one element stay in their order.
bool moves_nothing(const Shape& shape, const Order& order) {
    int last = -1;
    for (const int d : order) {
        if (shape[d] == 1) continue;
        if (d < last) return false;
        last = d;
    }
    return true;
}

Shape in_order(const Shape& shape, const Order& order) {
    std::vector<std::int64_t> extents;
    for (const int d : order) extents.push_back(shape[d]);
    return Shape(extents);
}

Shape with_leading_ones(const Shape& shape, std::size_t rank) {
    std::vector<std::int64_t> extents(rank - static_cast<std::size_t>(shape.rank()), 1);
    extents.insert(extents.end(), shape.begin(), shape.end());
    return Shape(extents);
}

OnnxValue described(const std::string& name, const Value& value, const Order& order) {
    OnnxValue result{name, value.dtype, {}};
    for (const int d : order) {
        const Extent& extent = value.extents.at(static_cast<std::size_t>(d));
        const std::string times = extent.count == 1 ? "" : to_text(extent.count, '*');
        result.extents.push_back(extent.per_sample ? times + kSamples : to_text(extent.count));
    }
    return result;
}

}  // namespace

Translation::Translation(const Graph& graph, const Order& input_order)
    : graph_(graph), input_order_(input_order), places_(graph.values.size()) {
    taken_[kInput] = taken_[kOutput] = 1;
    give(graph.input, input_order, kInput);
}

void Translation::run() {
    for (const Node& node : graph_.nodes) {
        current_ = &node;
        translate(node, *this);
    }
}

std::string Translation::bytes(const std::map<std::string, std::string>& metadata) {
    const Node output{nullptr, NoParams{}, {}, "", {}, {}};
    current_ = &output;
    std::string name = in(graph_.output);
    if (name == kInput) name = node("Identity", {name});
    file_.rename(name, kOutput);
    const Value &from = value(graph_.input), &to = value(graph_.output);
    return file_.bytes(described(kInput, from, input_order_), described(kOutput, to, own_order(to.rank())),
                       metadata);
}

const std::string* Translation::find(ValueId id, const Order& order) const {
    const auto found = std::ranges::find(places(id), order, &Place::order);
    return found == places(id).end() ? nullptr : &found->name;
}

bool Translation::lies_in(ValueId id, const Order& order) const { return find(id, order) != nullptr; }

std::string Translation::in(ValueId id, const Order& order) {
    if (const std::string* const name = find(id, order)) return *name;
    if (is_constant(id)) {
        give(id, order, constant_in(id, order));
        return *find(id, order);
    }
    if (places(id).empty()) refuse("reads a result that ONNX's counterpart of the operation does not give");
    give(id, order, transposed(id, places(id).front(), order));
    return *find(id, order);
}

// Where dimensions of one element alone move, as those of pooled images, a Reshape.
std::string Translation::transposed(ValueId id, const Place& from, const Order& order) {
    const Order at = inverse(from.order);
    Order moves;
    for (const int d : order) moves.push_back(at[static_cast<std::size_t>(d)]);
    const Value& all = value(id);
    constexpr std::int64_t kSome = 2;  // samples: more than one
    if (moves_nothing(in_order(all.shape(kSome), from.order), moves) &&
        std::ranges::count(all.extents, true, &Extent::per_sample) <= 1 && all.shape(kSome).numel() > 0)
        return node("Reshape", {from.name, integers(target(all.extents, order))});
    return node("Transpose", {from.name}, Attributes().integers("perm", as_integers(moves)));
}

std::string Translation::constant_in(ValueId id, const Order& order) {
    const Shape shape = with_leading_ones(value(id).constant.shape(), order.size());
    if (moves_nothing(shape, order)) return constant(id, in_order(shape, order));
    return node("Transpose", {constant(id, shape)}, Attributes().integers("perm", as_integers(order)));
}

std::string Translation::constant(ValueId id, const Shape& shape) {
    const auto [place, is_new] = constants_.try_emplace({id, shape.str()});
    if (is_new) {
        const Value& all = value(id);
        const std::string name = unique(all.name.empty() ? "constant" : all.name);
        file_.add_initializer(name, all.whole.defined() ? all.whole : all.constant, shape);
        place->second = all.whole.defined() ? times_scale(name, all.whole, all.row_scale) : name;
    }
    return place->second;
}

// A zero goes with bytes; 32-bit numbers have none.
std::string Translation::times_scale(const std::string& name, const Tensor& whole, const Tensor& scale) {
    const std::string scale_name = unique(name + "_scale");
    file_.add_initializer(scale_name, scale, scale.shape());
    std::vector<std::string> inputs{name, scale_name};
    if (whole.dtype() == DType::int8) inputs.push_back(filled(scale.numel(), 0, DType::int8));
    return node("DequantizeLinear", inputs, Attributes().integer("axis", 0));
}

Order Translation::order_of(ValueId id) const { return common_order({id}, value(id).rank()); }

Order Translation::common_order(const std::vector<ValueId>& ids, int rank) const {
    const Order own = own_order(rank);
    std::map<Order, int> counts{{own, 0}};
    for (const ValueId id : ids) {
        if (is_constant(id)) continue;
        if (value(id).rank() != rank) return own;
        for (const Place& place : places(id)) ++counts[place.order];
    }
    const auto is_better = [&](const auto& a, const auto& b) {
        return a.second < b.second || (a.second == b.second && a.first == own);
    };
    return std::ranges::max_element(counts, is_better)->first;
}

void Translation::give(ValueId id, const Order& order, const std::string& name) {
    places(id).push_back({order, name});
}

void Translation::give_permuted(ValueId id, ValueId other, const Order& order) {
    if (places(other).empty()) in(other);
    const Order at = inverse(order);
    const std::vector<Place> all = places(other);
    for (const Place& place : all) {
        Order own;
        for (const int d : place.order) own.push_back(at[static_cast<std::size_t>(d)]);
        give(id, own, place.name);
    }
}

std::string Translation::node(const std::string& operation, const std::vector<std::string>& inputs,
                              const Attributes& attributes) {
    return node(operation, inputs, attributes, 1)[0];
}

std::vector<std::string> Translation::node(const std::string& operation,
                                           const std::vector<std::string>& inputs,
                                           const Attributes& attributes, int outputs) {
    const std::string name =
        unique(current_->module.empty() ? operation : current_->module + '/' + operation);
    std::vector<std::string> names{name};
    for (int i = 1; i < outputs; ++i) names.push_back(unique(to_text(name, ':', i)));
    file_.add_node({name, operation, inputs, names, attributes});
    return names;
}

std::string Translation::scalar(double value, DType dtype) {
    return added("number", Tensor::full({}, value, dtype));
}

std::string Translation::integers(const std::vector<std::int64_t>& values) {
    return added("integers", Tensor::from({std::ssize(values)}, values));
}

std::string Translation::filled(std::int64_t count, double value, DType dtype) {
    return added("numbers", Tensor::full({count}, value, dtype));
}

std::string Translation::added(const std::string& kind, const Tensor& tensor) {
    const std::string bytes(reinterpret_cast<const char*>(tensor.raw_data()),
                            static_cast<std::size_t>(tensor.bytes()));
    const auto [place, is_new] = added_.try_emplace(to_text(kind, tensor) + bytes);
    if (is_new) {
        place->second = unique(kind);
        file_.add_initializer(place->second, tensor, tensor.shape());
    }
    return place->second;
}

std::string Translation::unique(const std::string& wanted) {
    int& uses = taken_[wanted];
    if (++uses == 1) return wanted;
    return unique(to_text(wanted, '_', uses - 1));
}

std::vector<std::int64_t> Translation::target(const Extents& extents, const Order& order) const {
    std::vector<std::int64_t> result;
    for (const int d : order) {
        const Extent& extent = extents.at(static_cast<std::size_t>(d));
        if (extent.count == 0) refuse("gives no elements, which ONNX cannot be told of the shape");
        if (extent.per_sample && std::ranges::find(result, -1) != result.end())
            refuse(
                "gives a shape of which two extents follow the number of samples; ONNX can be told of one");
        result.push_back(extent.per_sample ? -1 : extent.count);
    }
    return result;
}

}  // namespace tern::onnx
