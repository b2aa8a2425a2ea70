// The workers of one thread of the process, and whom the thread sanitizer sees at work in them.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "tern/tests/host_run/runner/order.hpp"
#include "tern/tests/host_run/runner/worker.hpp"

namespace tern::host_run {

/// Without the thread sanitizer: a worker per thread of a block. With it, workers have one of a fixed number
/// of identities, and identities form groups, one group per block: threads of blocks that run in different
/// groups never meet at a barrier, not even by way of a third, so that a race between them is seen. Blocks
/// draw their group and threads their identity at random.
class WorkerPool {
  public:
    WorkerPool() = default;
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// A worker for each thread of the next block.
    std::vector<Worker*> workers_for_block(std::size_t threads, Order& order);

  private:
    // By identity: a stack stays with its identity.
    std::vector<std::vector<std::unique_ptr<Worker>>> workers_;
    std::vector<void*> identities_;
};

}  // namespace tern::host_run
