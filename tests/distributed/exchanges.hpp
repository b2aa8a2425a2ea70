// Collective operations with random contents, checked: the same for threads and for processes.
#pragma once

#include "tern/core/communicator.hpp"

namespace tern::test {

/// Called by all ranks: operations of random kinds, sizes, dtypes and roots, several under way at a time, each of
/// which is compared with what the other ranks must have sent. Throws Error where a byte differs.
void exchange_and_check(Communicator& communicator, int operations, int seed);

}  // namespace tern::test
