#include "tern/data/dataset.hpp"

namespace tern {

Dataset Dataset::to(Device device) const { return {images.to(device), labels.to(device), classes, source}; }

std::string_view name_of(Split split) { return split == Split::train ? "train" : "test"; }

Split parse_split(std::string_view name) {
    if (name == "train") return Split::train;
    if (name == "test") return Split::test;
    fail("data", '"', name, "\" is none of train, test");
}

}  // namespace tern
