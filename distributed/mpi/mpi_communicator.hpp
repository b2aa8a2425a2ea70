// Ranks that are processes, started by MPI's launcher.
#pragma once

#include <memory>

#include "tern/core/communicator.hpp"
#include "tern/distributed/mpi/module.hpp"

namespace tern {

/// Joins the job: once in a process. Tensors are on the CPU. One thread makes all calls of MPI, so that exchanges
/// go on while the caller computes; it sleeps while none is under way.
///
/// wait() waits `timeout_seconds`; then rank 0, which hears of every operation that a rank begins, says which ranks
/// have not begun it, and their hosts, or, where all have, which ones do not answer within a second. Other ranks wait
/// two seconds more for what it says. After that, or where ranks call different operations, no operation succeeds.
///
/// The destructor waits for the other ranks to end, too, as long as wait() does, and ends all processes where one does
/// not come. After a failure, or while an exception passes, it leaves at once, and the launcher ends the job when this
/// process has ended.
///
/// Throws Error where the job cannot be joined in `timeout_seconds`.
std::unique_ptr<Communicator> make_mpi_communicator(const TernMpi& mpi, double timeout_seconds);

}  // namespace tern
