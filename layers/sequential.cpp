#include "tern/layers/sequential.hpp"

namespace tern {

Features Sequential::forward_features(const Features& input) {
    Features x = input;
    for (std::size_t i = 0; i < child_count(); ++i) x = child(i)(x);
    return x;
}

}  // namespace tern
