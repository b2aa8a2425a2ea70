#include "tern/core/communicator.hpp"

#include "tern/core/error.hpp"

namespace tern {
namespace {

class SingleCommunicator : public Communicator {
  public:
    int rank() const override { return 0; }
    int size() const override { return 1; }
    void all_reduce_sum(const Tensor&) override {}
    void broadcast(const Tensor&, int root) override {
        TERN_CHECK(root == 0, "broadcast", "root ", root, " of 1 rank");
    }
    void all_gather(const Tensor& tensor, const Tensor& gathered) override {
        TERN_CHECK(gathered.numel() == tensor.numel(), "all_gather", "result ", gathered, " for 1 rank of ",
                   tensor);
        gathered.reshape(tensor.shape()).copy_from(tensor);
    }
    void barrier() override {}
};

}  // namespace

std::unique_ptr<Communicator> make_single_communicator() { return std::make_unique<SingleCommunicator>(); }

}  // namespace tern
