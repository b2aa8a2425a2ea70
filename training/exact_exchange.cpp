#include "tern/training/exact_exchange.hpp"

#include <algorithm>
#include <bit>

#include "tern/core/devices/range.hpp"
#include "tern/core/tree_order.hpp"
#include "tern/kernels/accumulate/accumulate.hpp"

namespace tern {
namespace {

std::size_t level_of(std::int64_t left) {
    return static_cast<std::size_t>(std::countr_one(static_cast<std::uint64_t>(left)));
}

}  // namespace

ExactExchange::ExactExchange(const FlatParameters& parameters, const ReplicaShare& share,
                             Communicator& communicator, const ExchangeOptions& options)
    : parameters_(parameters), share_(share), communicator_(communicator), options_(options) {
    const Tensor& like = parameters.gradients();
    for (std::int64_t replicas = 1; replicas < share.count(); replicas *= 2)
        levels_.push_back(Tensor::zeros(like.shape(), like.dtype(), like.device()));
    if (communicator.size() == 1) return;
    make_buckets(options.overlap ? options.bucket_bytes : like.bytes());
    if (!options.overlap) return;
    for (std::size_t i = 0; i < parameters.slices().size(); ++i)
        parameters.slices()[i].parameter.set_grad_hook([this, i](const Tensor&) { parameter_ready(i); });
}

ExactExchange::~ExactExchange() {
    for (const FlatParameters::Slice& slice : parameters_.slices()) slice.parameter.set_grad_hook({});
}

void ExactExchange::make_buckets(std::int64_t bytes) {
    const std::vector<FlatParameters::Slice>& slices = parameters_.slices();
    const Tensor& like = parameters_.gradients();
    place_.resize(slices.size());
    std::int64_t end = parameters_.size();
    for (std::size_t i = slices.size(); i-- > 0;) {
        if (buckets_.empty() ||
            (buckets_.back().end - buckets_.back().begin) * size_of(like.dtype()) >= bytes)
            buckets_.emplace_back().end = end;
        Bucket& bucket = buckets_.back();
        bucket.begin = end = slices[i].begin;
        ++bucket.missing;
        place_[i] = buckets_.size() - 1;
    }
    for (Bucket& bucket : buckets_) {
        const std::int64_t ranks = communicator_.size(), part = (bucket.end - bucket.begin - 1) / ranks + 1;
        bucket.sent = Tensor::zeros({ranks, part}, like.dtype(), like.device());
        bucket.received = Tensor::zeros({ranks, part}, like.dtype(), like.device());
        bucket.gathered = Tensor::zeros({ranks, part}, like.dtype(), like.device());
    }
}

Tensor ExactExchange::gradients(std::int64_t begin, std::int64_t end) const {
    return parameters_.gradients().slice(begin, end);
}

void ExactExchange::begin(std::int64_t replica) {
    parameters_.zero_grad();
    last_ = replica + 1 == share_.count();
    sent_ = 0;
    for (Bucket& bucket : buckets_) bucket.waits_for = bucket.missing;
}

void ExactExchange::end(std::int64_t replica) {
    if (!last_) {
        add_lefts(replica, 0, parameters_.size());
        levels_[level_of(replica)].copy_from(parameters_.gradients());
        return;
    }
    const Range range("exchange");
    if (buckets_.empty()) add_lefts(replica, 0, parameters_.size());
    while (sent_ < buckets_.size()) send(buckets_[sent_]);
    if (!buckets_.empty()) sum(buckets_.back());
    for (Bucket& bucket : buckets_) receive(bucket);
}

// Operations begin in one order on all ranks: buckets that are ready before their turn wait.
void ExactExchange::parameter_ready(std::size_t slice) {
    if (!last_) return;
    --buckets_[place_[slice]].waits_for;
    while (sent_ < buckets_.size() && buckets_[sent_].waits_for == 0) send(buckets_[sent_]);
}

// To the gradients of `replica` the sums on its left in the tree.
void ExactExchange::add_lefts(std::int64_t replica, std::int64_t begin, std::int64_t end) const {
    for (const std::int64_t left : tree_lefts(replica, share_.count()))
        accumulate(gradients(begin, end), levels_[level_of(left)].slice(begin, end));
}

void ExactExchange::send(Bucket& bucket) {
    add_lefts(share_.count() - 1, bucket.begin, bucket.end);
    bucket.sent.reshape({bucket.sent.numel()})
        .slice(0, bucket.end - bucket.begin)
        .copy_from(gradients(bucket.begin, bucket.end));
    bucket.scattering = communicator_.all_to_all(bucket.sent, bucket.received, kWhat);
    if (sent_ > 0) sum(buckets_[sent_ - 1]);  // had the computation of a whole bucket to arrive
    ++sent_;
}

void ExactExchange::sum(Bucket& bucket) {
    bucket.scattering->wait();
    const Tensor total = accumulate_parts(bucket.received).reshape({bucket.received.dim(1)});
    bucket.gathering = communicator_.all_gather(total, bucket.gathered, kWhat);
}

void ExactExchange::receive(Bucket& bucket) {
    bucket.gathering->wait();
    gradients(bucket.begin, bucket.end)
        .copy_from(bucket.gathered.reshape({bucket.gathered.numel()}).slice(0, bucket.end - bucket.begin));
}

}  // namespace tern
