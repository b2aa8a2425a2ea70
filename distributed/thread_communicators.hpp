// Ranks that are threads of one process: the same training on fewer means, for tests.
#pragma once

#include <memory>
#include <vector>

#include "tern/core/communicator.hpp"

namespace tern {

/// One communicator per rank, each used and destroyed by a thread of its own; tensors on the CPU. A rank counts as
/// failed when it called fail() and when others wait for one that has destroyed its communicator. wait() waits
/// `timeout_seconds`; after a failure no operation succeeds. Throws Error for less than one rank.
std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks, double timeout_seconds);

}  // namespace tern
