#include "tern/bench/onednn.hpp"

namespace tern::bench {

bool has_onednn() { return false; }
bool onednn_has(const Pass&) { return false; }
std::function<void()> onednn_call(const Problem&) { return {}; }

}  // namespace tern::bench
