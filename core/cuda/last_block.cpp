#include "tern/core/cuda/last_block.hpp"

#include "tern/core/environment.hpp"

namespace tern::cuda {
namespace {

bool& of_thread() {
    static const bool of_environment = environment("TERN_LAST_BLOCK") == "1";
    static thread_local bool merges = of_environment;
    return merges;
}

}  // namespace

bool merges_in_last_block() { return of_thread(); }

LastBlockScope::LastBlockScope(bool merges) : previous_(of_thread()) { of_thread() = merges; }
LastBlockScope::~LastBlockScope() { of_thread() = previous_; }

}  // namespace tern::cuda
