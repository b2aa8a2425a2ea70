// The order of dimensions in which a value lies in an ONNX graph.
#pragma once

#include <cstdint>
#include <vector>

namespace tern::onnx {

/// Dimension d there is dimension order[d] of tern's tensor.
using Order = std::vector<int>;

/// As tern has it: (0, 1, 2, ...).
Order own_order(int rank);
/// Channels after the samples, as convolutions, pools and norms of ONNX have them: (0, 3, 1, 2) of (N, H, W, C). Rank at least 2.
Order channels_first(int rank);
/// Where each dimension is: inverse(order)[order[d]] = d.
Order inverse(const Order& order);
/// Where tern's dimension `axis` lies.
std::int64_t position_of(int axis, const Order& order);
/// What is left of it without some of tern's dimensions, which are then numbered anew.
Order without(const Order& order, std::uint32_t dimensions);

}  // namespace tern::onnx
