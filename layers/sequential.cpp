#include "tern/layers/sequential.hpp"

#include <utility>

namespace tern {

Features Sequential::forward(Features input) {
    for (std::size_t i = 0; i < child_count(); ++i) input = child(i)(std::move(input));
    return input;
}

}  // namespace tern
