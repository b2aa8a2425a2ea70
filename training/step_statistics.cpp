#include "tern/training/step_statistics.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "tern/core/error.hpp"
#include "tern/distributed/share.hpp"
#include "tern/kernels/update_statistics/update_statistics.hpp"
#include "tern/layers/merge_moments.hpp"

namespace tern {
namespace {

const char* const kWhat = "the statistics of batch norms";

}  // namespace

StepStatistics::StepStatistics(Module& model, const ReplicaShare& share, Communicator& communicator)
    : share_(share), communicator_(communicator) {
    model.visit([this](const std::string&, Module& module) {
        if (auto* const layer = dynamic_cast<BatchNorm2d*>(&module)) layers_.push_back(layer);
    });
}

void StepStatistics::take(std::int64_t rows, BatchNorm2d& layer, std::int64_t values,
                          const Moments& moments) {
    new_calls_.push_back({&layer, moments.mean.numel(), values / rows});
    taken_.push_back(moments);
}

void StepStatistics::keep(std::int64_t replica) {
    set_calls(std::exchange(new_calls_, {}));
    const std::vector<Moments> taken = std::exchange(taken_, {});
    if (calls_.empty()) return;
    const Tensor flat = own_.slice(replica, replica + 1).reshape({2 * own_.dim(2)});
    for (std::int64_t begin = 0; const Moments& moments : taken) {
        const std::int64_t end = begin + moments.mean.numel();
        flat.slice(begin, end).copy_from(moments.mean);
        flat.slice(own_.dim(2) + begin, own_.dim(2) + end).copy_from(moments.variance);
        begin = end;
    }
}

void StepStatistics::set_calls(std::vector<Call> calls) {
    if (calls == calls_) return;
    TERN_CHECK(calls_.empty(), "train",
               "the batch norms of a model run in the same order for every replica and step, but now ",
               calls.size(), " of them ran where ", calls_.size(), " did");
    calls_ = std::move(calls);
    std::int64_t channels = 0;
    for (const Call& call : calls_) channels += call.channels;
    const Tensor like = layers_.front()->state().front().tensor;
    own_ = Tensor::zeros({share_.count(), 2, channels}, like.dtype(), like.device());
    all_ = Tensor::zeros({communicator_.size(), 2, channels}, like.dtype(), like.device());
}

// A rank without samples has run nothing; the first one always has some.
void StepStatistics::share_calls() {
    const auto everywhere = [this](const Tensor& numbers) {
        const Tensor there = numbers.to(communicator_.device());
        communicator_.broadcast(there, 0, kWhat)->wait();
        meet(communicator_, kWhat);
        return there.to(Device::cpu());
    };
    const std::int64_t count = *everywhere(Tensor::from({1}, {std::ssize(calls_)})).data<std::int64_t>();
    if (count == 0) return;
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(3 * count));
    if (communicator_.rank() == 0) {
        auto at = numbers.begin();
        for (const Call& call : calls_) {
            *at++ = std::ranges::find(layers_, call.layer) - layers_.begin();
            *at++ = call.channels;
            *at++ = call.values;
        }
    }
    const Tensor table = everywhere(Tensor::from({count, 3}, numbers));
    std::vector<Call> calls;
    for (const auto* row = table.data<std::int64_t>(); std::ssize(calls) < count; row += 3)
        calls.push_back({layers_.at(static_cast<std::size_t>(row[0])), row[1], row[2]});
    set_calls(std::move(calls));
}

Tensor StepStatistics::merged(std::int64_t samples) {
    std::vector<std::int64_t> of_replicas, of_ranks;
    for (std::int64_t replica = share_.begin; replica < share_.end; ++replica)
        of_replicas.push_back(piece_of(samples, share_.replicas, replica).count);
    for (int rank = 0; rank < communicator_.size(); ++rank)
        of_ranks.push_back(share_of(share_.replicas, rank, communicator_.size()).piece_of(samples).count);
    const bool empty = of_ranks[static_cast<std::size_t>(communicator_.rank())] == 0;
    const Tensor own = empty ? Tensor::zeros(all_.slice(0, 1).shape(), all_.dtype(), all_.device())
                             : merge_moments(own_, of_replicas);
    if (communicator_.size() == 1) return own;
    communicator_.all_gather(own.reshape({2, all_.dim(2)}), all_, kWhat)->wait();
    return merge_moments(all_, of_ranks);
}

void StepStatistics::finish(std::int64_t samples) {
    if (layers_.empty()) return;
    const int ranks = communicator_.size();
    if (share_of(share_.replicas, ranks - 1, ranks).piece_of(samples).count == 0) share_calls();
    if (calls_.empty()) return;
    const Tensor moments = merged(samples).reshape({2 * all_.dim(2)});
    std::vector<StatisticsUpdate> updates;
    for (std::int64_t begin = 0; const Call& call : calls_) {
        const std::int64_t end = begin + call.channels;
        updates.push_back(call.layer->statistics_update(
            call.values * samples,
            {moments.slice(begin, end), moments.slice(all_.dim(2) + begin, all_.dim(2) + end)}));
        begin = end;
    }
    update_statistics(updates);
}

}  // namespace tern
