#include "tern/training/compressed_exchange.hpp"

#include <algorithm>
#include <cmath>

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/distributed/share.hpp"
#include "tern/kernels/accumulate/accumulate.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/compare/compare.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/index_select/index_select.hpp"
#include "tern/kernels/pad/pad.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/kernels/topk/topk.hpp"
#include "tern/kernels/where/where.hpp"

namespace tern {
namespace {

const char* const kErrors = "what was not sent";
constexpr std::int64_t kBlock = 256;

// Of blocks of numbers, (blocks, kBlock) each.
CompressedExchange::Short shortened(const Tensor& x, ExchangeType type) {
    const Tensor blocks = x.reshape({x.numel() / kBlock, kBlock});
    if (type == ExchangeType::bfloat16) return {cast(blocks, DType::bfloat16), {}};
    const Tensor scales = max(abs(blocks), {1}, true) * (1 / 127.0);
    // A cast cuts: half more rounds, and 128 more leaves nothing below 0. Blocks of zeros have no scale.
    const Tensor steps = blocks / where(equal(scales, 0), 1.0, scales);
    return {cast(scale_shift(steps, 1, 128.5), DType::uint8), scales};
}

Tensor restored(const CompressedExchange::Short& s, DType dtype) {
    const Tensor numbers = cast(s.numbers, dtype);
    return s.rest.defined() ? scale_shift(numbers, 1, -128) * s.rest : numbers;
}

// Multiples of the largest element.
std::int64_t bytes_of(const CompressedExchange::Short& s) {
    return (s.numbers.bytes() + (s.rest.defined() ? s.rest.bytes() : 0) + 7) / 8 * 8;
}

// What is of these shapes and types in `bytes` from a place on.
CompressedExchange::Short view_in(const Tensor& bytes, std::int64_t place,
                                  const CompressedExchange::Short& like) {
    const auto view = [&](const Tensor& tensor, std::int64_t offset) {
        return Tensor::view_of(bytes.storage(), bytes.storage_offset() + offset, tensor.shape(),
                               tensor.dtype());
    };
    return {view(like.numbers, place),
            like.rest.defined() ? view(like.rest, place + like.numbers.bytes()) : Tensor()};
}

void copy(const CompressedExchange::Short& from, const CompressedExchange::Short& to) {
    to.numbers.copy_from(from.numbers);
    if (from.rest.defined()) to.rest.copy_from(from.rest);
}

}  // namespace

CompressedExchange::CompressedExchange(const FlatParameters& parameters, const ReplicaShare& share,
                                       Communicator& communicator, const ExchangeOptions& options)
    : parameters_(parameters),
      share_(share),
      communicator_(communicator),
      options_(options),
      part_(((parameters.size() - 1) / kBlock / communicator.size() + 1) * kBlock),
      most_(std::max<std::int64_t>(1, std::llround(options.share * static_cast<double>(parameters.size())))) {
    TERN_CHECK(options.share > 0 && options.share <= 1, "exchange",
               "the share of numbers to send must be in (0, 1], got ", options.share);
    const Tensor& like = parameters.gradients();
    const std::int64_t size = parameters.size();
    errors_ = Tensor::zeros({share.replicas, size}, like.dtype(), like.device());
    if (options.type != ExchangeType::top_k)
        sum_error_ = Tensor::zeros({communicator.size() * part_}, like.dtype(), like.device());
}

void CompressedExchange::begin(std::int64_t replica) {
    parameters_.zero_grad();
    if (replica == 0) sent_.clear();
}

void CompressedExchange::end(std::int64_t replica) {
    const Range range("exchange");
    const NoGrad no_grad;
    const std::int64_t row = share_.begin + replica, size = parameters_.size();
    const Tensor error = errors_.slice(row, row + 1).reshape({size});
    accumulate(error, parameters_.gradients());
    if (options_.type == ExchangeType::top_k) {
        const Tensor places = topk(abs(error), most_).indices, values = index_select(error, 0, places);
        accumulate(error, index_sum(-values, places, size));
        sent_.push_back({values, cast(places, DType::int32)});
    } else {
        const Tensor padded = pad(error, {{0, communicator_.size() * part_ - size}});
        sent_.push_back(shortened(padded, options_.type));
        error.copy_from(error - restored(sent_.back(), error.dtype()).reshape(padded.shape()).slice(0, size));
    }
    if (replica + 1 < share_.count()) return;
    options_.type == ExchangeType::top_k ? send_largest() : send_parts();
}

Tensor CompressedExchange::bytes_for(std::int64_t ranks, std::int64_t each) const {
    return Tensor::empty({ranks, each}, DType::uint8, errors_.device());
}

// To each rank its part of every replica here; back comes the same of all replicas, in their order.
void CompressedExchange::send_parts() {
    const std::int64_t ranks = communicator_.size(), count = share_.count(), blocks = part_ / kBlock;
    const auto part_of = [&](const Short& s, std::int64_t rank) {
        const auto cut = [&](const Tensor& rows) {
            return rows.defined() ? rows.slice(rank * blocks, (rank + 1) * blocks) : Tensor();
        };
        return Short{cut(s.numbers), cut(s.rest)};
    };
    const Short like = part_of(sent_.front(), 0);
    const std::int64_t record = bytes_of(like);
    const Tensor out = bytes_for(ranks, count * record), in = bytes_for(ranks, count * record);
    for (std::int64_t to = 0; to < ranks; ++to)
        for (std::int64_t i = 0; i < count; ++i)
            copy(part_of(sent_[static_cast<std::size_t>(i)], to),
                 view_in(out, (to * count + i) * record, like));
    communicator_.all_to_all(out, in, kWhat)->wait();
    const Tensor parts = Tensor::empty({share_.replicas, part_}, errors_.dtype(), errors_.device());
    for (std::int64_t i = 0; i < share_.replicas; ++i)
        parts.slice(i, i + 1).copy_from(
            restored(view_in(in, i * record, like), parts.dtype()).reshape({1, part_}));

    const Tensor error = sum_error_.slice(communicator_.rank() * part_, (communicator_.rank() + 1) * part_);
    accumulate(error, accumulate_parts(parts).reshape({part_}));
    const Short sum = shortened(error, options_.type);
    error.copy_from(error - restored(sum, error.dtype()).reshape({part_}));
    const Tensor sums = gathered({sum});
    const Tensor whole = Tensor::empty({ranks, part_}, errors_.dtype(), errors_.device());
    for (std::int64_t from = 0; from < ranks; ++from)
        whole.slice(from, from + 1)
            .copy_from(restored(view_in(sums, from * record, like), whole.dtype()).reshape({1, part_}));
    parameters_.gradients().copy_from(whole.reshape({ranks * part_}).slice(0, parameters_.size()));
}

void CompressedExchange::send_largest() {
    const Tensor all = gathered(sent_);
    const Short& like = sent_.front();
    const auto rows = [&](const Tensor& of) {
        return Tensor::empty({share_.replicas, most_}, of.dtype(), of.device());
    };
    const Short whole{rows(like.numbers), rows(like.rest)};
    for (std::int64_t i = 0; i < share_.replicas; ++i)
        copy(view_in(all, i * bytes_of(like), like),
             {whole.numbers.slice(i, i + 1).reshape({most_}), whole.rest.slice(i, i + 1).reshape({most_})});
    const auto flat = [](const Tensor& tensor) { return tensor.reshape({tensor.numel()}); };
    parameters_.gradients().copy_from(index_sum(flat(whole.numbers), flat(whole.rest), parameters_.size()));
}

// What each rank has, one behind the other.
Tensor CompressedExchange::gathered(const std::vector<Short>& own) const {
    const std::int64_t record = bytes_of(own.front());
    const Tensor bytes = bytes_for(1, std::ssize(own) * record),
                 all = bytes_for(communicator_.size(), std::ssize(own) * record);
    for (std::size_t i = 0; i < own.size(); ++i)
        copy(own[i], view_in(bytes, static_cast<std::int64_t>(i) * record, own[i]));
    communicator_.all_gather(bytes.reshape({bytes.numel()}), all, kWhat)->wait();
    return all;
}

void CompressedExchange::gather() {
    const std::int64_t begin = communicator_.rank() * part_;
    gather_rows(communicator_, errors_, share_.begin, share_.end, kErrors);
    if (sum_error_.defined()) gather_rows(communicator_, sum_error_, begin, begin + part_, kErrors);
}

// Of the sum as many numbers as there are, whatever the ranks.
NamedTensors CompressedExchange::state() const {
    NamedTensors tensors{{"exchange.errors", errors_}};
    if (sum_error_.defined())
        tensors.push_back({"exchange.sum_error", sum_error_.slice(0, parameters_.size())});
    return tensors;
}

}  // namespace tern
