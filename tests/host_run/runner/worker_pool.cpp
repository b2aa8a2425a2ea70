#include "tern/tests/host_run/runner/worker_pool.hpp"

#include <algorithm>

#include "tern/tests/host_run/runner/sanitizer.hpp"

namespace tern::host_run {
namespace {

// Since LLVM 14 and GCC 13 the thread sanitizer keeps apart at most 255 threads and loses races beyond (seen
// with clang 14: a write-after-read found among 200 fibers, missed among 256). In two groups at least: a
// block of more than 120 threads has some that share an identity, others in each order.
constexpr std::size_t kIdentities = 240;

}  // namespace

WorkerPool::~WorkerPool() {
    workers_.clear();  // they end in the name of their identities
    for (void* identity : identities_) {
        if (identity != nullptr) __tsan_destroy_fiber(identity);
    }
}

std::vector<Worker*> WorkerPool::workers_for_block(std::size_t threads, Order& order) {
    if (workers_.empty()) {
        workers_.resize(sanitizer::has_thread() ? kIdentities : 1);
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            identities_.push_back(sanitizer::has_thread() ? __tsan_create_fiber(0) : nullptr);
        }
    }
    const std::size_t group_size = std::min(threads, std::max<std::size_t>(workers_.size() / 2, 1));
    const std::size_t first = order.random(workers_.size() / group_size) * group_size;
    const std::vector<std::size_t> places =
        sanitizer::has_thread() ? order.random_sequence(threads) : std::vector<std::size_t>();
    std::vector<Worker*> result;
    for (std::size_t thread = 0; thread < threads; ++thread) {
        const std::size_t place = places.empty() ? thread : places[thread];
        const std::size_t identity = first + place % group_size;
        auto& stacks = workers_[identity];
        while (stacks.size() <= place / group_size) {
            stacks.push_back(std::make_unique<Worker>(identities_[identity]));
        }
        result.push_back(stacks[place / group_size].get());
    }
    return result;
}

}  // namespace tern::host_run
