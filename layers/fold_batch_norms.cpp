#include "tern/layers/fold_batch_norms.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <vector>

#include "tern/core/error.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/layers/trace/recorded_run.hpp"

namespace tern {
namespace {

// What ran, and who read what.
class Reads {
  public:
    Reads(Module& model, const Shape& input) : run_(model, zeros_for(model, input), false) {
        for (const RecordedRun::Call& call : run_.calls()) ++runs_[call.module];
        for (const RecordedRun::Operation& operation : run_.operations())
            for (const auto& [tensor, checksum] : operation.inputs)
                if (tensor.defined()) reads_.push_back({operation.owner, tensor});
        reads_.push_back({nullptr, run_.output()});
    }

    const std::vector<RecordedRun::Call>& calls() const { return run_.calls(); }

    bool ran_once(const Module& module) const { return runs_.at(&module) == 1; }
    /// The innermost module that made the tensor; null where none of them did.
    const Module* maker_of(const Tensor& tensor) const {
        const auto made = std::ranges::find_if(calls(), [&](const RecordedRun::Call& call) {
            return call.output.raw_data() == tensor.raw_data() && !overlap(call.input, tensor);
        });
        return made != calls().end() && made->output.shape() == tensor.shape() ? made->module : nullptr;
    }
    /// Whether it is read once, by this module; the caller of the model reads its output.
    bool is_read_only_by(const Tensor& tensor, const Module& module) const {
        return reads_of(tensor) == 1 && read_by(tensor, module) == 1;
    }
    /// Whether no other module reads it.
    bool belongs_to(const Tensor& tensor, const Module& module) const {
        return reads_of(tensor) == read_by(tensor, module);
    }

  private:
    struct Read {
        const void* reader;
        Tensor tensor;
    };

    std::ptrdiff_t reads_of(const Tensor& tensor) const {
        return std::ranges::count_if(reads_, [&](const Read& read) { return overlap(read.tensor, tensor); });
    }
    std::ptrdiff_t read_by(const Tensor& tensor, const Module& module) const {
        return std::ranges::count_if(
            reads_, [&](const Read& read) { return read.reader == &module && overlap(read.tensor, tensor); });
    }

    RecordedRun run_;
    std::map<const Module*, int> runs_;
    std::vector<Read> reads_;
};

// Layers are shown one by one, and so unfused: where a policy demands what their operations cannot do, such as
// float64 of a CPU implementation, but the fused ones can, nothing is known, and nothing folded.
std::unique_ptr<const Reads> reads_in(Module& model, const Shape& input) {
    try {
        return std::make_unique<const Reads>(model, input);
    } catch (const Error&) {
        if (kernel_policy().forced.empty()) throw;
        return nullptr;
    }
}

// Whether all elements are `value`, rounded to their type, or the numbers next to it.
bool are_all(const Tensor& tensor, double value) {
    const Tensor host = tensor.to(Device::cpu());
    return visit_floating(host.dtype(), [&]<class T>() {
        return std::ranges::all_of(host.elements<T>(), [&](T element) {
            return std::fabs(static_cast<double>(element) - value) <=
                   epsilon_of(host.dtype()) * std::fabs(value);
        });
    });
}

}  // namespace

bool normalizes_nothing(const Tensor& weight, const Tensor& bias, const Tensor& mean, const Tensor& variance,
                        double epsilon) {
    if (!weight.defined() || !bias.defined() || !mean.defined() || !variance.defined()) return false;
    return are_all(weight, 1) && are_all(bias, 0) && are_all(mean, 0) && are_all(variance, 1 - epsilon);
}

void fold_batch_norms(Module& model, const Shape& input) {
    std::map<const Module*, Module*> modules;
    model.visit([&](const std::string&, Module& module) { modules.emplace(&module, &module); });
    const auto find = [&](const Module* module) {
        const auto found = modules.find(module);
        return found == modules.end() ? nullptr : found->second;
    };
    const std::unique_ptr<const Reads> reads = reads_in(model, input);
    if (reads == nullptr) return;
    for (const RecordedRun::Call& call : reads->calls()) {
        auto* const norm = dynamic_cast<BatchNorm2d*>(find(call.module));
        Module* const producer = norm == nullptr ? nullptr : find(reads->maker_of(call.input));
        if (producer == nullptr || !reads->ran_once(*norm) || !reads->ran_once(*producer)) continue;
        const bool is_own = std::ranges::all_of(producer->parameters(), [&](const NamedTensor& parameter) {
            return reads->belongs_to(parameter.tensor, *producer);
        });
        if (is_own && reads->is_read_only_by(call.input, *norm)) norm->fold_into(*producer);
    }
}

}  // namespace tern
