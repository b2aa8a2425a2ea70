// The caches of this machine's cores.
#pragma once

#include <cstdint>

namespace tern {

/// Bytes of a core's second-level cache: TERN_L2_CACHE, else what the system says, else 1 MiB. What blocks of a loop hold together
/// follows it where results do not depend on the blocks.
std::int64_t l2_cache();

/// In the place of the above, for tests; 0 takes it back.
void set_l2_cache(std::int64_t bytes);

}  // namespace tern
