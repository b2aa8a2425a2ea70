// A number of threads for a while.
#pragma once

#include "tern/core/threads/parallel.hpp"

namespace tern::test {

/// Sets the number of threads, and sets it back when the scope ends.
class ThreadsScope {
  public:
    explicit ThreadsScope(int count) : previous_(num_threads()) { set_num_threads(count); }
    ~ThreadsScope() { set_num_threads(previous_); }
    ThreadsScope(const ThreadsScope&) = delete;
    ThreadsScope& operator=(const ThreadsScope&) = delete;

  private:
    int previous_;
};

}  // namespace tern::test
