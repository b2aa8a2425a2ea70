#include "tern/tests/host_run/runner/worker.hpp"

#include <memory>
#include <utility>

#include "tern/tests/host_run/runner/sanitizer.hpp"

namespace tern::host_run {
namespace {

// Ends in a guard page; only the pages that are touched cost memory. Sanitizers make frames several times
// larger.
constexpr std::size_t kStackBytes = 256 * 1024;

void leave(void** fake_stack, const void* bottom, std::size_t size) {
    if (sanitizer::has_address()) __sanitizer_start_switch_fiber(fake_stack, bottom, size);
}

}  // namespace

Worker::Worker(void* identity) : identity_(identity) {
    boost::context::protected_fixedsize_stack allocator(kStackBytes);
    stack_ = allocator.allocate();
    const boost::context::preallocated memory(stack_.sp, stack_.size, stack_);
    fiber_ =
        boost::context::fiber(std::allocator_arg, memory, allocator, [this](boost::context::fiber&& caller) {
            caller_fiber_ = std::move(caller);
            loop();
            return std::move(caller_fiber_);
        });
}

Worker::~Worker() {
    job_ = nullptr;
    resume(sanitizer::has_thread() ? __tsan_get_current_fiber() : nullptr);
}

void Worker::assign(Job job, void* argument) {
    job_ = job;
    argument_ = argument;
}

void Worker::resume(void* caller) {
    caller_ = caller;
    void* fake_stack = nullptr;
    leave(&fake_stack, static_cast<std::byte*>(stack_.sp) - stack_.size, stack_.size);
    sanitizer::become(identity_);
    fiber_ = std::move(fiber_).resume();
    if (sanitizer::has_address()) __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
}

void Worker::suspend() {
    leave(&fake_stack_, caller_bottom_, caller_size_);
    sanitizer::become(caller_);
    caller_fiber_ = std::move(caller_fiber_).resume();
    arrive();
}

void Worker::arrive() {
    if (sanitizer::has_address())
        __sanitizer_finish_switch_fiber(fake_stack_, &caller_bottom_, &caller_size_);
}

void Worker::loop() {
    arrive();
    while (job_ != nullptr) {
        job_(argument_);
        suspend();
    }
    // No way back: a null pointer lets the address sanitizer drop this stack's records.
    leave(nullptr, caller_bottom_, caller_size_);
    sanitizer::become(caller_);
}

}  // namespace tern::host_run
