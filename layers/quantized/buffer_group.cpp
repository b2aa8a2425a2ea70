#include "tern/layers/quantized/buffer_group.hpp"

namespace tern {

BufferGroup& BufferGroup::at(const std::string& path) {
    if (path.empty()) return *this;
    const std::size_t dot = path.find('.');
    const std::string first = path.substr(0, dot);
    const auto [found, is_new] = groups_.try_emplace(first, nullptr);
    if (is_new) found->second = &add_child<BufferGroup>(first);
    return dot == std::string::npos ? *found->second : found->second->at(path.substr(dot + 1));
}

}  // namespace tern
