#include "tern/layers/fold_batch_norms.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "tern/core/error.hpp"
#include "tern/core/owner.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/evaluation_scope.hpp"

namespace tern {
namespace {

bool overlap(const Tensor& a, const Tensor& b) {
    return a.raw_data() < b.raw_data() + b.bytes() && b.raw_data() < a.raw_data() + a.bytes();
}

// What ran, and what it read. It keeps these tensors, so that no two of them are ever in the same place.
class Trace {
  public:
    Trace(Module& model, const Shape& input) {
        const ForwardObserver observer(
            [this](const Module& module, const Tensor& from, const Tensor& output) {
                ++runs_[&module];
                calls_.push_back({&module, from, output});
            });
        const RunHook hook(
            [this](const Problem& problem, const Implementation& chosen, const Stream& stream) {
                for (const Tensor& tensor : problem.inputs) {
                    if (tensor.defined()) reads_.push_back({current_owner(), tensor});
                }
                chosen.run(problem, stream);
            });
        reads_.push_back({nullptr, output_of_zeros(model, input)});
    }

    struct Call {
        const Module* module;
        Tensor input, output;
    };
    const std::vector<Call>& calls() const { return calls_; }

    bool ran_once(const Module& module) const { return runs_.at(&module) == 1; }
    /// The innermost module that made the tensor; null where none of them did.
    const Module* maker_of(const Tensor& tensor) const {
        const auto made = std::ranges::find_if(calls_, [&](const Call& call) {
            return call.output.raw_data() == tensor.raw_data() && !overlap(call.input, tensor);
        });
        return made != calls_.end() && made->output.shape() == tensor.shape() ? made->module : nullptr;
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

    std::map<const Module*, int> runs_;
    std::vector<Call> calls_;
    std::vector<Read> reads_;
};

// Layers are shown one by one, and so unfused: where a policy demands what their operations cannot do, such as
// float64 of a CPU implementation, but the fused ones can, nothing is known, and nothing folded.
std::unique_ptr<const Trace> trace_of(Module& model, const Shape& input) {
    try {
        return std::make_unique<const Trace>(model, input);
    } catch (const Error&) {
        if (kernel_policy().forced.empty()) throw;
        return nullptr;
    }
}

}  // namespace

void fold_batch_norms(Module& model, const Shape& input) {
    std::map<const Module*, Module*> modules;
    model.visit([&](const std::string&, Module& module) { modules.emplace(&module, &module); });
    const auto find = [&](const Module* module) {
        const auto found = modules.find(module);
        return found == modules.end() ? nullptr : found->second;
    };
    const std::unique_ptr<const Trace> trace = trace_of(model, input);
    if (trace == nullptr) return;
    for (const Trace::Call& call : trace->calls()) {
        auto* const norm = dynamic_cast<BatchNorm2d*>(find(call.module));
        Module* const producer = norm == nullptr ? nullptr : find(trace->maker_of(call.input));
        if (producer == nullptr || !trace->ran_once(*norm) || !trace->ran_once(*producer)) continue;
        const bool is_own = std::ranges::all_of(producer->parameters(), [&](const NamedTensor& parameter) {
            return trace->belongs_to(parameter.tensor, *producer);
        });
        if (is_own && trace->is_read_only_by(call.input, *norm)) norm->fold_into(*producer);
    }
}

}  // namespace tern
