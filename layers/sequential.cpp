#include "tern/layers/sequential.hpp"

#include "tern/layers/batch_norm2d.hpp"

namespace tern {

Features Sequential::forward_features(const Features& input) {
    Features x = input;
    for (std::size_t i = 0; i < child_count(); ++i) x = child(i)(x);
    return x;
}

void Sequential::fold_own() {
    for (std::size_t i = 1; i < child_count(); ++i) {
        if (auto* const norm = dynamic_cast<BatchNorm2d*>(&child(i))) norm->fold_into(child(i - 1));
    }
}

}  // namespace tern
