// What a model did in one run.
#pragma once

#include <string>

#include "tern/kernels/dispatch/op.hpp"
#include "tern/layers/module.hpp"

namespace tern {

/// A run in evaluation mode, layer by layer, and so unfused: its calls of modules and its operations, in their order. All
/// tensors are kept, so that no two of them were ever in the same place. What the model does past the operations
/// is not here.
class RecordedRun {
  public:
    /// A tensor and what its bytes summed up to when an operation read or wrote it, if that was asked for; undefined: none.
    struct Seen {
        Tensor tensor;
        std::string checksum;
    };
    struct Operation {
        const Pass* pass;
        ParamsBox params;
        std::vector<Seen> inputs, outputs;
        const void* owner;  // the module that ran it; null outside all
    };
    struct Call {
        const Module* module;
        Tensor input, output;
    };

    /// Runs it, unrecorded by the tape; the model is as before afterwards. Sums take a pass over all values.
    RecordedRun(Module& model, const Tensor& input, bool with_checksums);

    const Seen& input() const { return input_; }
    const Tensor& output() const { return output_; }
    const std::vector<Operation>& operations() const { return operations_; }
    /// Innermost first.
    const std::vector<Call>& calls() const { return calls_; }

  private:
    Seen input_;
    Tensor output_;
    std::vector<Operation> operations_;
    std::vector<Call> calls_;
};

/// Of the bytes of a tensor; "" of an undefined one.
std::string checksum_of(const Tensor& tensor);

/// Whether both have elements in the same place.
bool overlap(const Tensor& a, const Tensor& b);

}  // namespace tern
