// What ranks that train together ask of each other. Implementations (threads of one process, MPI, NCCL) are in
// distributed/; core only fixes the contract.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "tern/core/tensor.hpp"

namespace tern {

/// Open MPI needs 2 s to end ranks of other hosts.
constexpr std::chrono::seconds kFirstSpeaks{3};

/// An operation that may still be under way; its tensors live and stay as they are until wait() returned.
class Work {
  public:
    virtual ~Work() = default;
    /// Returns when the result is there for work that follows on the current stream. Throws Error that names
    /// the ranks waited for and what they were waited for: after the time-out, or where one has failed.
    virtual void wait() = 0;
};

/// Operations are collective and begin in order: all ranks call the same ones in the same order, with tensors
/// of the same shapes and dtypes on device(). `what` says what for, in messages: "gradients of step 7".
class Communicator {
  public:
    virtual ~Communicator() = default;

    virtual int rank() const = 0;
    virtual int size() const = 0;
    virtual Device device() const = 0;
    /// How long wait() waits from now on.
    virtual void set_timeout(double seconds) = 0;

    /// Both (size(), ...): slice r of `sent` goes to rank r, slice r of `received` comes from it.
    [[nodiscard]] virtual std::unique_ptr<Work> all_to_all(const Tensor& sent, const Tensor& received,
                                                           std::string_view what) = 0;
    /// `gathered` is (size(), shape of tensor): slice r comes from rank r.
    [[nodiscard]] virtual std::unique_ptr<Work> all_gather(const Tensor& tensor, const Tensor& gathered,
                                                           std::string_view what) = 0;
    /// In place: what rank `root` has.
    [[nodiscard]] virtual std::unique_ptr<Work> broadcast(const Tensor& tensor, int root,
                                                          std::string_view what) = 0;
    [[nodiscard]] virtual std::unique_ptr<Work> barrier(std::string_view what) = 0;

    /// Called by a rank that cannot go on: what it has not begun throws Error with `why` where others wait for it,
    /// between processes with "rank 1 on node7: " before it. Returns whether rank 0 can be expected to say so
    /// within kFirstSpeaks.
    virtual bool fail(std::string_view why) = 0;
    /// Where ranks are processes ends all of them, this one too, with status 1; nothing where they are threads.
    virtual void abort() = 0;
};

/// The communicator of a program that trains alone: rank 0 of 1.
std::unique_ptr<Communicator> make_single_communicator(Device device = {});

}  // namespace tern
