// The ranks that train together: this program, started several times by a launcher.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tern/core/communicator.hpp"
#include "tern/distributed/metered_communicator.hpp"

namespace tern::apps {

/// Of this process; alone until join_launcher().
Communicator& ranks();
/// Rank 0 prints, reads what is sent to the others, and writes the run folder.
bool is_first_rank();

std::string host_name();

/// Among several ranks on this host, where the launcher says it; else 0.
int local_rank();

/// Joins the ranks that a launcher started this process with, if it did and `train` is what it shall do: before
/// anything can fail, so that one of them says what did. Ranks that have the same CPUs share them: that is
/// num_threads() then, unless TERN_THREADS says it. Throws Error where the ranks cannot be joined.
void join_launcher(int argc, char** argv);
/// The end of the program in good order: waits for the other ranks.
void leave_ranks();

/// Prints the line that says why this process ends, with rank and host where there are several, and returns the
/// exit status; of several ranks this ends them all. What the first rank finds too, or has been told, it alone says.
int end_with(const std::string& line, int status);

/// The same where all ranks end in good order: the first one says it.
int stop_with(const std::string& line, int status);

/// "", or a sentence where a launcher has left this rank few of the machine's CPUs.
std::string binding_note();

/// What exchanges with other ranks have cost this one so far; none where there is no other.
std::vector<ExchangeCost> exchange_costs();

/// Throws Error unless all ranks have the same values: "rank 1 on node7 has --lr 0.1, rank 0 on node3 has 0.01".
void check_agreement(const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace tern::apps
