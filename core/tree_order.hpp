// The one order in which sums over replicas and ranks are added.
#pragma once

#include <cstdint>
#include <vector>

namespace tern {

/// Leaves are summed in one fixed tree, whoever computes them: first neighbours, then neighbouring sums of two, of
/// four, and so on; where their number is no power of two, what is left over is added from the right. So the sum
/// of 2^k leaves from a multiple of 2^k on is a part of every sum that has them. Going through the leaves in order, leaf `i` of `count` takes to itself, in the order of this list, what the leaves
/// on its left have come to; the last one ends with the sum of all. For three leaves: {}, {0}, {1}.
std::vector<std::int64_t> tree_lefts(std::int64_t i, std::int64_t count);

}  // namespace tern
