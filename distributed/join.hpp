// The ranks that were started with this one.
#pragma once

#include <memory>
#include <string>

#include "tern/core/communicator.hpp"

namespace tern {

/// That of a process that trains alone where no launcher started it, or one that started no other; else MPI's, of
/// the MPI whose launcher it is. Once in a process. Throws Error, one line, where the others cannot be joined:
/// never do they train each for itself.
std::unique_ptr<Communicator> join_ranks(double timeout_seconds);

/// Which MPIs can be used, or why none: "Open MPI v4.1.4, MPICH 4.0.2".
std::string mpi_summary();

}  // namespace tern
