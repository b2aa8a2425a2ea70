// The answers of a build without NCCL.
#include "tern/core/error.hpp"
#include "tern/distributed/nccl_communicator.hpp"

namespace tern {

bool nccl_available(std::string* why_not) {
    if (why_not != nullptr) *why_not = "this build has no NCCL (" TERN_NCCL_WHY ")";
    return false;
}

std::string nccl_summary() { return "none: " TERN_NCCL_WHY; }

std::unique_ptr<Communicator> make_nccl_communicator(Communicator&, Device, double) {
    fail("NCCL", "this build has none (" TERN_NCCL_WHY ")");
}

}  // namespace tern
