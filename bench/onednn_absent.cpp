#include "tern/bench/onednn.hpp"

namespace tern::bench {

bool has_onednn() { return false; }
std::optional<double> onednn_seconds(const Problem&) { return {}; }

}  // namespace tern::bench
