// A fiber that runs one kernel thread after another on its own stack.
#pragma once

#include <cstddef>

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

namespace tern::host_run {

class Worker {
  public:
    using Job = void (*)(void* argument);

    /// `identity`: whom the thread sanitizer sees at work here, one for the life of the stack; null without
    /// it.
    explicit Worker(void* identity);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Gives the idle worker its next job; resume() starts it.
    void assign(Job job, void* argument);
    /// Runs the job until it suspends or is done. `caller`: the identity of the thread that calls.
    void resume(void* caller);
    /// Called by the job: goes back to the caller of resume().
    void suspend();

    void* identity() const { return identity_; }

  private:
    void loop();
    void arrive();

    void* identity_;
    void* caller_ = nullptr;
    Job job_ = nullptr;  // null when resumed: time to go
    void* argument_ = nullptr;

    // The thread's stack and the caller's, as the address sanitizer wants to be told at each switch.
    boost::context::stack_context stack_;
    void* fake_stack_ = nullptr;
    const void* caller_bottom_ = nullptr;
    std::size_t caller_size_ = 0;

    boost::context::fiber fiber_;
    boost::context::fiber caller_fiber_;
};

}  // namespace tern::host_run
