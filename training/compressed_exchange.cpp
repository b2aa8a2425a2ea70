#include "tern/training/compressed_exchange.hpp"

#include <algorithm>
#include <cmath>

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
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

const char* const kWhat = "the sum of gradients";
const char* const kErrors = "what was not sent";
constexpr std::int64_t kBlock = 256;

// Numbers in fewer bits; `scales` with int8 alone.
struct Short {
    Tensor codes, scales;
};

Short shortened(const Tensor& x, ExchangeType type) {
    if (type == ExchangeType::bfloat16) return {cast(x, DType::bfloat16), {}};
    const Tensor blocks = x.reshape({x.numel() / kBlock, kBlock});
    const Tensor scales = max(abs(blocks), {1}, true) * (1 / 127.0);
    // A cast cuts: half more rounds, and 128 more leaves nothing below 0. Blocks of zeros have no scale.
    const Tensor steps = blocks / where(equal(scales, 0), 1.0, scales);
    return {cast(scale_shift(steps, 1, 128.5), DType::uint8), scales};
}

// (blocks x 256) or of the shape of the codes.
Tensor restored(const Short& s, DType dtype) {
    if (!s.scales.defined()) return cast(s.codes, dtype);
    return scale_shift(cast(s.codes, dtype), 1, -128) * s.scales;
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
    if (replica > 0) return;
    values_.clear();
    places_.clear();
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
        values_.push_back(values);
        places_.push_back(cast(places, DType::int32));
    } else {
        const Tensor padded = pad(error, {{0, communicator_.size() * part_ - size}});
        const Short sent = shortened(padded, options_.type);
        error.copy_from(error - restored(sent, error.dtype()).reshape(padded.shape()).slice(0, size));
        values_.push_back(sent.codes);
        if (sent.scales.defined()) places_.push_back(sent.scales);
    }
    if (replica + 1 < share_.count()) return;
    options_.type == ExchangeType::top_k ? send_largest() : send_parts();
}

// (ranks x own's rows, ...)
Tensor CompressedExchange::gathered(const Tensor& own, const char* what) const {
    const Tensor all = Tensor::empty({communicator_.size(), own.numel()}, own.dtype(), own.device());
    communicator_.all_gather(own.reshape({own.numel()}), all, what)->wait();
    return all.reshape(own.shape().with(0, communicator_.size() * own.dim(0)));
}

void CompressedExchange::send_parts() {
    const std::int64_t ranks = communicator_.size(), count = share_.count();
    // (replicas of this rank, all numbers) as (ranks, replicas of this rank, part), and the other way.
    const auto exchanged = [&](const Tensors& rows, std::int64_t part) {
        const Tensor sent = Tensor::empty({ranks, count * part}, rows[0].dtype(), rows[0].device());
        for (std::int64_t rank = 0; rank < ranks; ++rank)
            for (std::int64_t i = 0; i < count; ++i)
                sent.slice(rank, rank + 1)
                    .reshape({count, part})
                    .slice(i, i + 1)
                    .copy_from(
                        rows[static_cast<std::size_t>(i)].reshape({ranks, part}).slice(rank, rank + 1));
        const Tensor received = Tensor::empty(sent.shape(), sent.dtype(), sent.device());
        communicator_.all_to_all(sent, received, kWhat)->wait();
        return received.reshape({ranks * count, part});
    };
    const bool scaled = options_.type == ExchangeType::int8;
    Short parts{exchanged(values_, part_), {}};
    if (scaled) {
        parts.codes = parts.codes.reshape({parts.codes.numel() / kBlock, kBlock});
        parts.scales = exchanged(places_, part_ / kBlock);
        parts.scales = parts.scales.reshape({parts.scales.numel(), 1});
    }
    const Tensor all = restored(parts, errors_.dtype()).reshape({share_.replicas, part_});
    const Tensor error = sum_error_.slice(communicator_.rank() * part_, (communicator_.rank() + 1) * part_);
    accumulate(error, accumulate_parts(all).reshape({part_}));
    const Short sum = shortened(error, options_.type);
    error.copy_from(error - restored(sum, error.dtype()).reshape({part_}));
    const Short sums{gathered(sum.codes, kWhat), scaled ? gathered(sum.scales, kWhat) : Tensor()};
    parameters_.gradients().copy_from(
        restored(sums, errors_.dtype()).reshape({ranks * part_}).slice(0, parameters_.size()));
}

void CompressedExchange::send_largest() {
    const auto of_all = [this](const Tensors& rows) {
        const Tensor own = Tensor::empty({share_.count(), most_}, rows[0].dtype(), rows[0].device());
        for (std::int64_t i = 0; i < share_.count(); ++i)
            own.slice(i, i + 1).copy_from(rows[static_cast<std::size_t>(i)].reshape({1, most_}));
        return gathered(own, kWhat).reshape({share_.replicas * most_});
    };
    parameters_.gradients().copy_from(index_sum(of_all(values_), of_all(places_), parameters_.size()));
}

void CompressedExchange::gather() {
    if (communicator_.size() == 1) return;
    errors_.copy_from(gathered(errors_.slice(share_.begin, share_.end).clone(), kErrors));
    if (!sum_error_.defined()) return;
    const std::int64_t rank = communicator_.rank();
    sum_error_.copy_from(gathered(sum_error_.slice(rank * part_, (rank + 1) * part_).clone(), kErrors));
}

// Of the sum as many numbers as there are, whatever the ranks.
NamedTensors CompressedExchange::state() const {
    NamedTensors tensors{{"exchange.errors", errors_}};
    if (sum_error_.defined())
        tensors.push_back({"exchange.sum_error", sum_error_.slice(0, parameters_.size())});
    return tensors;
}

}  // namespace tern
