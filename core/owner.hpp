// For whom a thread works: what a profile counts an operation under.
#pragma once

namespace tern {

/// The owner of the innermost OwnerScope of this thread; null outside all. Only its address counts.
const void* current_owner();

/// A module is the owner while its forward() runs. The tape keeps the owner of what it records, who is the
/// owner again while that runs backward.
class OwnerScope {
  public:
    explicit OwnerScope(const void* owner);
    ~OwnerScope();
    OwnerScope(const OwnerScope&) = delete;
    OwnerScope& operator=(const OwnerScope&) = delete;

  private:
    const void* previous_;
};

}  // namespace tern
