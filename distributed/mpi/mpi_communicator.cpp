#include "tern/distributed/mpi/mpi_communicator.hpp"

#include <cstdio>
#include <exception>
#include <thread>

#include "tern/core/error.hpp"
#include "tern/distributed/checked_communicator.hpp"
#include "tern/distributed/mpi/mpi_thread.hpp"

namespace tern {
namespace {

class MpiWork : public Work {
  public:
    MpiWork(std::shared_ptr<MpiThread> thread, std::shared_ptr<MpiOperation> operation)
        : thread_(std::move(thread)), operation_(std::move(operation)) {}

    void wait() override { thread_->wait(*operation_); }

  private:
    std::shared_ptr<MpiThread> thread_;
    std::shared_ptr<MpiOperation> operation_;
};

class MpiCommunicator : public CheckedCommunicator {
  public:
    MpiCommunicator(const TernMpi& mpi, double timeout) : thread_(std::make_shared<MpiThread>(mpi, timeout)) {
        thread_->join_job();
        rank_ = thread_->rank();
        size_ = thread_->size();
    }
    ~MpiCommunicator() override {
        if (thread_->failed() || std::uncaught_exceptions() > exceptions_) return;
        try {
            barrier("the end")->wait();
            thread_->leave();
        } catch (const Error& error) {
            end_with(error.what());
        }
    }

    void set_timeout(double seconds) override {
        check_timeout(seconds);
        thread_->set_timeout(seconds);
    }
    bool fail(std::string_view why) override { return thread_->give_up(why); }
    void abort() override { thread_->abort(); }

  private:
    // Nobody is there to be thrown to.
    [[noreturn]] void end_with(const char* line) {
        if (rank_ > 0 && thread_->give_up(line)) std::this_thread::sleep_for(kFirstSpeaks);
        std::fprintf(stderr, "tern: %s: %s\n", thread_->name().c_str(), line);
        thread_->abort();
    }

    std::unique_ptr<Work> begin(Operation operation) override {
        return std::make_unique<MpiWork>(thread_, thread_->begin(std::move(operation)));
    }

    std::shared_ptr<MpiThread> thread_;
    int exceptions_ = std::uncaught_exceptions();
};

}  // namespace

std::unique_ptr<Communicator> make_mpi_communicator(const TernMpi& mpi, double timeout_seconds) {
    check_timeout(timeout_seconds);
    return std::make_unique<MpiCommunicator>(mpi, timeout_seconds);
}

}  // namespace tern
