// What happens to each element by itself.
#include "tern/training/onnx/translate.hpp"

#include <numbers>

namespace tern::onnx {
namespace {

// Operands that broadcast to `y`, all in one order.
struct Operands {
    Order order;
    std::vector<std::string> names;

    Operands(const std::vector<ValueId>& ids, ValueId y, Translation& to) {
        const int rank = to.value(y).rank();
        order = to.common_order(ids, rank);
        for (const ValueId id : ids) {
            const bool aligns = to.is_constant(id) || to.value(id).rank() == rank;
            names.push_back(aligns ? to.in(id, order) : to.in(id));
        }
    }
};

std::string boolean_as(const std::string& x, int type, Translation& to) {
    return to.node("Cast", {x}, Attributes().integer("to", type));
}

}  // namespace

std::string activated(const std::string& x, const ActivationParams& params, DType dtype, Translation& to) {
    const auto number = [&](double value) { return to.scalar(value, dtype); };
    const auto mul = [&](const std::string& a, const std::string& b) { return to.node("Mul", {a, b}); };
    const auto add = [&](const std::string& a, const std::string& b) { return to.node("Add", {a, b}); };
    // x / 2 (1 + s)
    const auto half_of = [&](const std::string& s) { return mul(mul(x, number(0.5)), add(s, number(1))); };
    switch (params.activation) {
        case Activation::none:
            return x;
        case Activation::relu:
            return to.node("Relu", {x});
        case Activation::relu6:
            return to.node("Clip", {x, number(0), number(6)});
        case Activation::leaky_relu:
            return to.node("LeakyRelu", {x}, Attributes().number("alpha", params.parameter()));
        case Activation::elu:
            return to.node("Elu", {x}, Attributes().number("alpha", params.parameter()));
        case Activation::gelu:
            return half_of(to.node("Erf", {mul(x, number(1 / std::numbers::sqrt2))}));
        case Activation::gelu_tanh: {
            const std::string cubed = mul(mul(mul(x, x), x), number(0.044715));
            const double factor = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
            return half_of(to.node("Tanh", {mul(add(x, cubed), number(factor))}));
        }
        case Activation::silu:
            return mul(x, to.node("Sigmoid", {x}));
        case Activation::sigmoid:
            return to.node("Sigmoid", {x});
        case Activation::tanh:
            return to.node("Tanh", {x});
        case Activation::hard_swish:
            return to.node("HardSwish", {x});
    }
    to.refuse("is of an unknown activation");
}

void translate(const NodeOf<activation_passes::Forward>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    to.give(node.out.y, order,
            activated(to.in(node.in.x, order), node.params, to.value(node.in.x).dtype, to));
}

void translate(const NodeOf<elementwise_binary_passes::Forward>& node, Translation& to) {
    const Operands operands({node.in.a, node.in.b}, node.out.y, to);
    const auto name = [&]() -> const char* {
        switch (node.params.kind) {
            case BinaryKind::add:
                return "Add";
            case BinaryKind::sub:
                return "Sub";
            case BinaryKind::mul:
                return "Mul";
            case BinaryKind::div:
                return "Div";
            case BinaryKind::maximum:
                return "Max";
            case BinaryKind::minimum:
                return "Min";
            case BinaryKind::pow:
                return "Pow";
        }
        to.refuse("is of an unknown kind");
    };
    to.give(node.out.y, operands.order, to.node(name(), operands.names));
}

void translate(const NodeOf<elementwise_unary_passes::Forward>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    const DType dtype = to.value(node.in.x).dtype;
    const std::string x = to.in(node.in.x, order);
    const auto y = [&] {
        switch (node.params.kind) {
            case UnaryKind::neg:
                return to.node("Neg", {x});
            case UnaryKind::exp:
                return to.node("Exp", {x});
            case UnaryKind::log:
                return to.node("Log", {x});
            case UnaryKind::sqrt:
                return to.node("Sqrt", {x});
            case UnaryKind::abs:
                return to.node("Abs", {x});
            case UnaryKind::square:
                return to.node("Mul", {x, x});
            case UnaryKind::reciprocal:
                return to.node("Reciprocal", {x});
            case UnaryKind::scale_shift:
                return to.node("Add", {to.node("Mul", {x, to.scalar(node.params.scale, dtype)}),
                                       to.scalar(node.params.shift, dtype)});
        }
        to.refuse("is of an unknown kind");
    };
    to.give(node.out.y, order, y());
}

void translate(const NodeOf<compare_passes::Forward>& node, Translation& to) {
    const Operands operands({node.in.a, node.in.b}, node.out.y, to);
    const auto y = [&] {
        switch (node.params.kind) {
            case Comparison::equal:
                return to.node("Equal", operands.names);
            case Comparison::not_equal:
                return to.node("Not", {to.node("Equal", operands.names)});
            case Comparison::less:
                return to.node("Less", operands.names);
            case Comparison::less_equal:
                return to.node("LessOrEqual", operands.names);
            case Comparison::greater:
                return to.node("Greater", operands.names);
            case Comparison::greater_equal:
                return to.node("GreaterOrEqual", operands.names);
        }
        to.refuse("is of an unknown kind");
    };
    to.give(node.out.y, operands.order, boolean_as(y(), type_number(DType::uint8), to));
}

void translate(const NodeOf<where_passes::Forward>& node, Translation& to) {
    Operands operands({node.in.condition, node.in.a, node.in.b}, node.out.y, to);
    operands.names[0] = boolean_as(operands.names[0], kBool, to);
    to.give(node.out.y, operands.order, to.node("Where", operands.names));
}

void translate(const NodeOf<cast_passes::Forward>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    const int type = type_number(to.value(node.out.y).dtype);
    to.give(node.out.y, order, to.node("Cast", {to.in(node.in.x, order)}, Attributes().integer("to", type)));
}

}  // namespace tern::onnx
