// What ranks that train together ask of each other. Implementations (MPI, NCCL, ranks in one process) live in
// distributed/; core only fixes the contract.
#pragma once

#include <memory>

#include "tern/core/tensor.hpp"

namespace tern {

/// Every member function is collective: all ranks call the same ones in the same order with tensors of the
/// same shape and dtype. A failure or time-out on any rank throws Error that names rank and operation.
class Communicator {
  public:
    virtual ~Communicator() = default;

    virtual int rank() const = 0;
    virtual int size() const = 0;

    /// In place: the sum over ranks, added in rank order, so that every rank gets the same bits.
    virtual void all_reduce_sum(const Tensor& tensor) = 0;
    /// In place: what rank `root` has.
    virtual void broadcast(const Tensor& tensor, int root) = 0;
    /// `gathered` is (size(), shape of tensor), slice r from rank r.
    virtual void all_gather(const Tensor& tensor, const Tensor& gathered) = 0;
    virtual void barrier() = 0;
};

/// The communicator of a program that trains alone: rank 0 of 1.
std::unique_ptr<Communicator> make_single_communicator();

}  // namespace tern
