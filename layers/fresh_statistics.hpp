// Running statistics of the weights as they are.
#pragma once

#include <vector>

#include "tern/layers/batch_norm2d.hpp"

namespace tern {

/// The running statistics of all batch norms in `model` that are in training mode start anew and become,
/// while this lives, the plain means over the batches that run in training mode: "precise" statistics (Wu,
/// Johnson: "Rethinking 'Batch' in BatchNorm", 2021, section 3), PyTorch's `swa_utils.update_bn`. Afterwards
/// each layer continues by its own rule, and its count is what it was. The model must live longer and not be
/// moved meanwhile.
class FreshStatistics {
  public:
    explicit FreshStatistics(Module& model);
    ~FreshStatistics();
    FreshStatistics(const FreshStatistics&) = delete;
    FreshStatistics& operator=(const FreshStatistics&) = delete;

    /// Whether there is no such batch norm.
    bool empty() const { return norms_.empty(); }

  private:
    struct Norm {
        BatchNorm2d* layer;
        BatchNorm2dOptions options;
        Tensor batches;
    };
    std::vector<Norm> norms_;
};

}  // namespace tern
