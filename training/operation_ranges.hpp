// Single operations, for a Recorder.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "tern/core/recorder.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/layers/module.hpp"

namespace tern {

/// Until stop() a Recorder hears of each implementation that this thread runs, as "conv2d.forward" with its name and the
/// module of `model` that it runs for: "-" outside all of them. The backward pass of an operation is of the module whose
/// forward() recorded it. On a GPU its time is that of the call, not of the kernels.
class OperationRanges {
  public:
    explicit OperationRanges(Module& model);
    OperationRanges(const OperationRanges&) = delete;
    OperationRanges& operator=(const OperationRanges&) = delete;

    /// From here on nothing is heard; the texts of what was heard stay while this object lives.
    void stop() { hook_.reset(); }

    /// The name of a module, by its address: see current_owner().
    const std::string& layer(const void* owner) const;

  private:
    void run(const Problem& problem, const Implementation& implementation, const Stream& stream);

    std::unordered_map<const void*, std::string> layers_;
    std::unordered_map<const Pass*, std::string> names_;
    std::optional<RunHook> hook_;
};

}  // namespace tern
