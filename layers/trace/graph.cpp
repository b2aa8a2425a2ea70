#include "tern/layers/trace/graph.hpp"

#include <algorithm>

namespace tern {

Shape Value::shape(std::int64_t samples) const {
    std::vector<std::int64_t> result(extents.size());
    std::ranges::transform(extents, result.begin(),
                           [samples](const Extent& extent) { return extent.of(samples); });
    return Shape(result);
}

std::string place_of(const Node& node) {
    return to_text(node.operation(), node.module.empty() ? "" : " in ", node.module);
}

}  // namespace tern
