#include "tern/layers/trace/recorded_run.hpp"

#include "tern/core/xxh128.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/layers/evaluation_scope.hpp"

namespace tern {
namespace {

std::vector<RecordedRun::Seen> seen(std::span<const Tensor> tensors, bool with_checksums) {
    std::vector<RecordedRun::Seen> result;
    for (const Tensor& tensor : tensors)
        result.push_back({tensor, with_checksums ? checksum_of(tensor) : ""});
    return result;
}

}  // namespace

RecordedRun::RecordedRun(Module& model, const Tensor& input, bool with_checksums)
    : input_(seen({&input, 1}, with_checksums)[0]) {
    const ForwardObserver observer([this](const Module& module, const Tensor& from, const Tensor& output) {
        calls_.push_back({&module, from, output});
    });
    const RunHook hook([&](const Problem& problem, const Implementation& chosen, const Stream& stream) {
        std::vector<Seen> inputs = seen(problem.inputs, with_checksums);
        chosen.run(problem, stream);
        operations_.push_back({&problem.pass, ParamsBox(problem.params_ref), std::move(inputs),
                               seen(problem.outputs, with_checksums), current_owner()});
    });
    output_ = evaluated(model, input);
}

std::string checksum_of(const Tensor& tensor) {
    if (!tensor.defined()) return {};
    const Tensor host = tensor.to(Device::cpu());
    return xxh128({host.raw_data(), static_cast<std::size_t>(host.bytes())});
}

bool overlap(const Tensor& a, const Tensor& b) {
    return a.raw_data() < b.raw_data() + b.bytes() && b.raw_data() < a.raw_data() + a.bytes();
}

}  // namespace tern
