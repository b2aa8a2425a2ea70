#include "tern/layers/synced_statistics.hpp"

#include <numeric>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/kernels/accumulate/accumulate.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/layers/merge_moments.hpp"

namespace tern {
namespace {

thread_local const SyncedStatistics* innermost = nullptr;

// Two of (C) as (2, C), where an undefined one is zeros.
Tensor stacked(const Tensor& first, const Tensor& second) {
    const Tensor& like = first.defined() ? first : second;
    const Tensor stack = Tensor::zeros({2, like.numel()}, like.dtype(), like.device());
    for (std::int64_t i = 0; const Tensor* const tensor : {&first, &second}) {
        if (tensor->defined()) stack.slice(i, i + 1).copy_from(tensor->reshape({1, like.numel()}));
        ++i;
    }
    return stack;
}

Tensor row(const Tensor& stack, std::int64_t i) { return stack.slice(i, i + 1).reshape({stack.dim(1)}); }

// (ranks, 2, C). A communicator may hold on to what it was given for longer than a step arena allows.
Tensor gathered(Communicator& communicator, const Tensor& stack, std::string_view what) {
    const Tensor all =
        Tensor::empty({communicator.size(), stack.dim(0), stack.dim(1)}, stack.dtype(), stack.device());
    communicator.all_gather(stack, all, what)->wait();
    return all;
}

}  // namespace

// With w the share of this rank's samples, and d(mean), d(variance) the gradients of the merged moments, which every
// rank has a part of and are summed:
//   d(own mean) = w (d(mean) + 2 (own mean - mean) d(variance)),  d(own variance) = w d(variance)
class SyncedStatistics::Merge : public Function {
  public:
    Merge(Communicator& communicator, double share) : communicator_(communicator), share_(share) {}

    const char* name() const override { return "synced_statistics"; }

    Tensors backward(const Tensors& grads) override {
        Tensor all;
        {
            const StepArena::Outside outside;
            all = gathered(communicator_, stacked(grads[0], grads[1]), "gradients of synced batch norms");
        }
        const Tensor sum = accumulate_parts(all).reshape({2, all.dim(2)});
        const Tensor of_variance = scale_shift(row(sum, 1), share_, 0);
        const Tensor difference = scale_shift(sub(saved(0), saved(1)), 2, 0);
        return {add(scale_shift(row(sum, 0), share_, 0), mul(difference, of_variance)), of_variance};
    }

  private:
    Communicator& communicator_;
    double share_;
};

SyncedStatistics::SyncedStatistics(Communicator& communicator, std::vector<std::int64_t> samples,
                                   std::int64_t rows)
    : communicator_(communicator),
      samples_(std::move(samples)),
      rows_(rows),
      total_(std::accumulate(samples_.begin(), samples_.end(), std::int64_t{0})),
      previous_(std::exchange(innermost, this)) {}

SyncedStatistics::~SyncedStatistics() { innermost = previous_; }

const SyncedStatistics* SyncedStatistics::current() { return innermost; }

std::int64_t SyncedStatistics::all_values(std::int64_t own) const { return own / rows_ * total_; }

Moments SyncedStatistics::merged(const Moments& own) const {
    Tensor all;
    {
        const NoGrad no_grad;
        const StepArena::Outside outside;
        all = merge_moments(
            gathered(communicator_, stacked(own.mean, own.variance), "statistics of synced batch norms"),
            samples_);
    }
    // Copies: outputs of a function are fresh tensors, not parts of one.
    const Moments moments{row(all, 0).clone(), row(all, 1).clone()};
    const double share = static_cast<double>(samples_.at(static_cast<std::size_t>(communicator_.rank()))) /
                         static_cast<double>(total_);
    if (auto* const merge = Function::record<Merge>({own.mean, own.variance},
                                                    {moments.mean, moments.variance}, communicator_, share)) {
        merge->save(own.mean);
        merge->save(moments.mean);
    }
    return moments;
}

}  // namespace tern
