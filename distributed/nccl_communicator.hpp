// Ranks that have a GPU each.
#pragma once

#include <memory>
#include <string>

#include "tern/core/communicator.hpp"

namespace tern {

/// Whether this build has NCCL and it can be opened. If not, and `why_not` is given, one sentence.
bool nccl_available(std::string* why_not = nullptr);

/// "2.28.9 (/usr/lib/...)", or "none: " and why.
std::string nccl_summary();

/// The ranks of `hosts`, which must live longer, with tensors on `device`, a GPU that no other rank has. Collective.
///
/// NCCL moves bytes and sums nothing, so that bits are those of every other communicator. Operations wait for the work of
/// the current stream, and run in a stream of their own. wait() makes the current stream wait for them and returns at
/// once, but for that of barrier(): it returns when this and all operations before it are done, and what they made can
/// be read. Works must not outlive the communicator.
///
/// Since training hardly ever waits for the GPU, a thread watches: an operation that is not done `timeout_seconds`
/// after its turn came is ended, with all others, so that nothing on the GPU or the host waits for it, and from then
/// on every operation and wait() throws Error with what failed and, where `hosts` finds them, the ranks that were
/// waited for. What was exchanged is unknown then: save nothing before a barrier.
///
/// fail() and abort() are those of `hosts`. The destructor leaves at once after a failure or while an exception passes;
/// else it waits for the others as long as operations do.
///
/// Throws Error where two ranks have the same GPU, NCCL cannot be opened, or not all ranks join within the time-out.
std::unique_ptr<Communicator> make_nccl_communicator(Communicator& hosts, Device device,
                                                     double timeout_seconds);

}  // namespace tern
