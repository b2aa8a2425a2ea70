// What started this process: a launcher of ranks, or nothing of the kind.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace tern {

/// The value of an environment variable; "" where it is not set.
using Environment = std::function<std::string(const char* name)>;

/// This process as one rank of those that a launcher started.
struct Launch {
    std::string launcher;  // "Open MPI", "PMIx", "PMI", "Slurm" or "torchrun"
    int rank = 0;
    int size = 0;         // 0 where the launcher does not say
    int local_rank = -1;  // among those on this host, -1 where the launcher does not say
    std::string mpi;      // which MPI joins the ranks, "openmpi" or "mpich"; "" where none does
    std::string why_not;  // then why, and how to start them

    /// "started by Open MPI as rank 1 of 4"
    std::string str() const;
};

/// Nothing where the process was started plainly. Throws Error for numbers that cannot be.
std::optional<Launch> read_launch(const Environment& environment);

}  // namespace tern
