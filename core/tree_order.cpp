#include "tern/core/tree_order.hpp"

namespace tern {

// A block of 2^j leaves is complete at its last one, whose number ends in j ones.
std::vector<std::int64_t> tree_lefts(std::int64_t i, std::int64_t count) {
    std::vector<std::int64_t> lefts;
    for (std::int64_t block = 1; block <= i; block *= 2) {
        if ((i & block) != 0)
            lefts.push_back((i & ~(2 * block - 1)) + block - 1);
        else if (i + 1 != count)
            break;
    }
    return lefts;
}

}  // namespace tern
