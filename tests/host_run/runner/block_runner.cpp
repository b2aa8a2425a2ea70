#include "tern/tests/host_run/runner/block_runner.hpp"

#include <utility>

#include "tern/core/error.hpp"
#include "tern/tests/host_run/runner/builtins.hpp"
#include "tern/tests/host_run/runner/sanitizer.hpp"

constinit thread_local uint3 threadIdx{};
constinit thread_local uint3 blockIdx{};
constinit thread_local dim3 blockDim;
constinit thread_local dim3 gridDim;

namespace tern::host_run {
namespace {

// Thrown through the kernel of a thread that will never continue, so that its objects are destroyed.
struct Abandoned {};

std::size_t volume(dim3 d) { return std::size_t{d.x} * d.y * d.z; }

uint3 unflatten(std::size_t number, dim3 extent) {
    return {static_cast<unsigned>(number % extent.x), static_cast<unsigned>(number / extent.x % extent.y),
            static_cast<unsigned>(number / extent.x / extent.y)};
}

}  // namespace

BlockRunner& BlockRunner::current() {
    static thread_local BlockRunner runner;
    return runner;
}

void BlockRunner::run_grid(dim3 grid, dim3 block, std::size_t dynamic_bytes, KernelBody body,
                           const void* context) {
    TERN_CHECK(grid_order_ == nullptr, "host_run", "a kernel cannot launch a kernel");
    const sanitizer::UntrackedScope untracked;  // what the runner reads and writes is not part of the kernel
    body_ = body;
    context_ = context;
    dynamic_bytes_ = dynamic_bytes;
    gridDim = grid;
    blockDim = block;
    order_ = Order(seed());
    caller_identity_ = sanitizer::has_thread() ? __tsan_get_current_fiber() : nullptr;
    grid_order_ = std::make_unique<GridOrder>();
    const auto finish = [this](auto*) {
        sanitizer::acquire(&grid_order_->ended);
        grid_order_.reset();
    };
    const std::unique_ptr<BlockRunner, decltype(finish)> finish_on_exit(this, finish);
    sanitizer::release(&grid_order_->started);
    GridObserver* const observer = grid_observer();
    for (const std::size_t number : order_.sequence(volume(grid))) {
        barriers_ = 0;
        if (observer != nullptr && !observer->begin_block(number, shared_)) continue;
        run_block(unflatten(number, grid), block);
        if (observer != nullptr) observer->end_block(barriers_);
    }
}

void BlockRunner::run_block(uint3 index, dim3 block) {
    blockIdx = index;
    shared_.begin_block(dynamic_bytes_);
    make_threads(block);
    try {
        run_threads();
    } catch (...) {
        abandon_threads();
        end_threads();
        throw;
    }
    end_threads();
    shared_.end_block();
}

void BlockRunner::make_threads(dim3 block) {
    const std::vector<Worker*> workers = pool_.workers_for_block(volume(block), order_);
    threads_.clear();
    ready_ = ReadySet(workers.size());
    ended_ = 0;
    abandoned_ = false;
    failure_ = nullptr;
    for (std::size_t number = 0; number < workers.size(); ++number) {
        workers[number]->assign([](void* runner) { static_cast<BlockRunner*>(runner)->thread_main(); }, this);
        threads_.push_back({number, unflatten(number, block), workers[number]});
        ready_.insert(number);
    }
    for (const Thread& thread : threads_)
        sanitizer::acquire_as(thread.worker->identity(), &grid_order_->started);
    sanitizer::become(caller_identity_);
}

void BlockRunner::end_threads() {
    for (const Thread& thread : threads_)
        sanitizer::release_as(thread.worker->identity(), &grid_order_->ended);
    sanitizer::become(caller_identity_);
}

void BlockRunner::run_threads() {
    while (ended_ < threads_.size()) {
        if (ready_.empty() && !release_block_barrier()) fail_stuck();
        run(threads_[ready_.take(order_)]);
        if (failure_) std::rethrow_exception(failure_);
    }
}

void BlockRunner::run(Thread& thread) {
    running_ = &thread;
    threadIdx = thread.index;
    thread.worker->resume(caller_identity_);
    running_ = nullptr;
    if (thread.state == State::ended) ++ended_;
    release_warp(thread);
}

void BlockRunner::thread_main() {
    try {
        if (!abandoned_) body_(context_);
    } catch (const Abandoned&) {
    } catch (...) {
        failure_ = std::current_exception();
    }
    running_->state = State::ended;
}

void BlockRunner::wait(State state, Where where) {
    Thread& self = *running_;
    self.state = state;
    self.where = where;
    self.worker->suspend();
    if (abandoned_) throw Abandoned{};
}

void BlockRunner::abandon_threads() {
    abandoned_ = true;
    for (Thread& thread : threads_) {
        if (thread.state == State::ended) continue;
        running_ = &thread;
        thread.worker->resume(caller_identity_);
        running_ = nullptr;
    }
}

}  // namespace tern::host_run
