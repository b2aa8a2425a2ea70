// A split of tern's own layout. Input: a safetensors file.
#include "tern/data/safetensors_set.hpp"

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;
using fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_or_refuse([&] {
        const Dataset set = parse_safetensors_set(
            fuzz::kName, parse_safetensors(fuzz::kName, std::as_bytes(std::span(data, size))));
        require(set.size() > 0 && set.targets.dim(0) == set.size(), "samples without targets");
        require(set.has_labels() || set.classes.empty(), "classes of numbers");
    });
    return 0;
}
