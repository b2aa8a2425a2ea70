#include "tern/training/onnx/layout.hpp"

#include <algorithm>
#include <numeric>

namespace tern::onnx {

Order own_order(int rank) {
    Order order(static_cast<std::size_t>(rank));
    std::iota(order.begin(), order.end(), 0);
    return order;
}

Order channels_first(int rank) {
    Order order = own_order(rank);
    std::rotate(order.begin() + 1, order.end() - 1, order.end());
    return order;
}

Order inverse(const Order& order) {
    Order result(order.size());
    for (std::size_t d = 0; d < order.size(); ++d)
        result[static_cast<std::size_t>(order[d])] = static_cast<int>(d);
    return result;
}

std::int64_t position_of(int axis, const Order& order) {
    return std::ranges::find(order, axis) - order.begin();
}

Order without(const Order& order, std::uint32_t dimensions) {
    const auto is_gone = [dimensions](int d) { return (dimensions >> d & 1) != 0; };
    Order result;
    for (const int d : order) {
        if (is_gone(d)) continue;
        int left = 0;
        for (int before = 0; before < d; ++before) left += is_gone(before) ? 0 : 1;
        result.push_back(left);
    }
    return result;
}

}  // namespace tern::onnx
