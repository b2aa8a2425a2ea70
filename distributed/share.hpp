// Small messages: texts, and tensors by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tern/core/communicator.hpp"
#include "tern/core/named_tensor.hpp"

namespace tern {

/// Before what ranks exchanged on a GPU is read, or what follows from it: wait() has not waited there, and after a
/// failure nobody knows what a copy to the host would bring. A barrier; nothing on the CPU.
void meet(Communicator& communicator, std::string_view what);

/// Rank 0's text, on all ranks; what others give is not looked at. Collective, as all here.
std::string share_text(Communicator& communicator, std::string_view text, std::string_view what);

/// Every rank's text, on all ranks, by rank.
std::vector<std::string> gather_texts(Communicator& communicator, std::string_view text,
                                      std::string_view what);

/// rows: (n, ...), of which each rank has [begin, end), equally many and by rank; afterwards all of them.
void gather_rows(Communicator& communicator, const Tensor& rows, std::int64_t begin, std::int64_t end,
                 std::string_view what);

/// Gives the tensors of all ranks what rank 0 has in its own, which are of the same shapes and types.
void share_tensors(Communicator& communicator, const NamedTensors& tensors, std::string_view what);

}  // namespace tern
