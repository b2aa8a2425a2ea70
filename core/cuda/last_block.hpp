// Whether the last blocks of a kernel merge what its blocks have summed, in the place of a second kernel.
#pragma once

namespace tern::cuda {

/// Of this thread: what its innermost LastBlockScope says, else TERN_LAST_BLOCK=1 of the environment. Both ways add in the same
/// order, and so give the same bits.
bool merges_in_last_block();

/// Says it until the end of the scope.
class LastBlockScope {
  public:
    explicit LastBlockScope(bool merges);
    ~LastBlockScope();
    LastBlockScope(const LastBlockScope&) = delete;
    LastBlockScope& operator=(const LastBlockScope&) = delete;

  private:
    bool previous_;
};

}  // namespace tern::cuda
