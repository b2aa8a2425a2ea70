// Weight files: the header, the tensors, and what the metadata says.
#include "tern/core/files/safetensors.hpp"

#include <algorithm>

#include "tern/tests/fuzz/fuzz.hpp"
#include "tern/training/weights_info.hpp"

using namespace tern;
using fuzz::require;

namespace {

const NamedTensor* find(const Safetensors& content, const std::string& name) {
    const auto found = std::ranges::find(content.tensors, name, &NamedTensor::name);
    return found == content.tensors.end() ? nullptr : &*found;
}

void require_equal(const Safetensors& a, const Safetensors& b) {
    require(a.metadata == b.metadata && a.tensors.size() == b.tensors.size(), "a file changes when written");
    for (const auto& [name, tensor] : a.tensors) {
        const NamedTensor* other = find(b, name);
        require(
            other != nullptr && other->tensor.shape() == tensor.shape() &&
                other->tensor.dtype() == tensor.dtype() &&
                std::equal(tensor.raw_data(), tensor.raw_data() + tensor.bytes(), other->tensor.raw_data()),
            "a tensor changes when written");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_or_refuse([&] {
        const Safetensors content = parse_safetensors(fuzz::kName, std::as_bytes(std::span(data, size)));
        require_equal(content, parse_safetensors(fuzz::kName, encode_safetensors(fuzz::kName, content)));
        parse_weights_info(fuzz::kName, content.metadata);
    });
    return 0;
}
