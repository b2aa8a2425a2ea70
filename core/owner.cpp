#include "tern/core/owner.hpp"

#include <utility>

namespace tern {
namespace {

thread_local const void* owner_of_thread = nullptr;

}  // namespace

const void* current_owner() { return owner_of_thread; }
OwnerScope::OwnerScope(const void* owner) : previous_(std::exchange(owner_of_thread, owner)) {}
OwnerScope::~OwnerScope() { owner_of_thread = previous_; }

}  // namespace tern
