#pragma once

namespace tern::bench {

/// Registers "dispatch/<operation>": what a call costs beside its arithmetic, from its checks to the choice
/// of an implementation, on tensors without elements.
void register_dispatch_benchmarks();

}  // namespace tern::bench
