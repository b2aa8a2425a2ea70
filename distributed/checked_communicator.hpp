// What communicators of ranks share: the arguments checked, an operation as data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tern/core/communicator.hpp"

namespace tern {

enum class Collective { all_to_all, all_gather, broadcast, barrier };

/// One rank's part in a collective operation.
struct Operation {
    Collective kind = Collective::barrier;
    const std::byte* sent =
        nullptr;  // all_gather: slice rank() of `received` where that is where it comes from
    std::byte* received = nullptr;
    std::int64_t bytes = 0;  // from one rank to one other
    int root = 0;
    std::string what;
    std::string description;  // the same on all ranks: "all_gather of float32 (3)"
    std::vector<std::shared_ptr<Storage>>
        memory;  // of both; what was under way at a failure may yet be written
};

class CheckedCommunicator : public Communicator {
  public:
    int rank() const final { return rank_; }
    int size() const final { return size_; }
    Device device() const final { return device_; }

    /// `sent` and `received` share no memory.
    std::unique_ptr<Work> all_to_all(const Tensor& sent, const Tensor& received, std::string_view what) final;
    /// `tensor` may be slice rank() of `gathered`; else they share no memory.
    std::unique_ptr<Work> all_gather(const Tensor& tensor, const Tensor& gathered,
                                     std::string_view what) final;
    std::unique_ptr<Work> broadcast(const Tensor& tensor, int root, std::string_view what) final;
    std::unique_ptr<Work> barrier(std::string_view what) final;

  protected:
    CheckedCommunicator() = default;
    CheckedCommunicator(int rank, int size, Device device = {}) : rank_(rank), size_(size), device_(device) {}
    /// Hands the operation in, without blocking.
    virtual std::unique_ptr<Work> begin(Operation operation) = 0;

    int rank_ = 0, size_ = 1;

  private:
    Device device_;
};

/// Throws Error unless above 0 and at most a year: a clock can be told to wait for it.
void check_timeout(double seconds);

/// "rank 1", "ranks 1 and 3", "ranks 1, 2 and 3"; `hosts`, if any, has that of each rank: "rank 1 on node7".
std::string names_of_ranks(const std::vector<int>& ranks, const std::vector<std::string>& hosts = {});

/// How descriptions, one per rank, differ: "ranks differ: barrier on rank 0, all_gather of int32 (3) on ranks 1 and
/// 2"; "" where they do not. An empty one is not known and says nothing.
std::string difference(const std::vector<std::string>& descriptions);

}  // namespace tern
