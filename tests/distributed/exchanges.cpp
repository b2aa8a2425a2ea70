#include "tern/tests/distributed/exchanges.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <random>

#include "tern/core/error.hpp"

namespace tern::test {
namespace {

// Every rank can compute what any rank sends: byte i of slice `to` of rank `from` in an operation.
std::byte sent_byte(int operation, int from, int to, std::int64_t i) {
    return static_cast<std::byte>((operation * 131 + from * 31 + to * 7 + i * 13 + (i >> 8)) & 0xff);
}

void fill(const Tensor& tensor, int operation, int from, int to) {
    for (std::int64_t i = 0; i < tensor.bytes(); ++i)
        tensor.raw_data()[i] = sent_byte(operation, from, to, i);
}

void check(const Tensor& tensor, int operation, int from, int to) {
    for (std::int64_t i = 0; i < tensor.bytes(); ++i) {
        TERN_CHECK(tensor.raw_data()[i] == sent_byte(operation, from, to, i), "exchange", "operation ",
                   operation, ", byte ", i, " of what rank ", from, " sent to rank ", to, " differs");
    }
}

struct UnderWay {
    std::unique_ptr<Work> work;
    std::function<void()> check;
};

Shape with_leading(int ranks, const Shape& shape) {
    std::vector<std::int64_t> extents{ranks};
    for (int i = 0; i < shape.rank(); ++i) extents.push_back(shape[i]);
    return Shape(extents);
}

UnderWay begin(Communicator& ranks, int number, std::mt19937& random) {
    constexpr std::array kTypes{DType::float32, DType::float64, DType::uint8, DType::float16, DType::int64};
    const auto below = [&](int bound) { return static_cast<int>(random() % bound); };
    const std::string what = to_text("operation ", number);
    const DType dtype = kTypes[below(kTypes.size())];
    const int most = below(4) == 0 ? 9000 : 30;  // some beyond what MPI sends at once
    const Shape shape = below(2) == 0 ? Shape{below(most)} : Shape{1 + below(3), below(most)};
    const int root = below(ranks.size()), kind = below(5), size = ranks.size(), rank = ranks.rank();
    const auto slice = [](const Tensor& of, int i) { return of.slice(i, i + 1); };
    switch (kind) {
        case 0: {
            const Tensor sent = Tensor::empty(with_leading(size, shape), dtype);
            const Tensor received = Tensor::zeros(sent.shape(), dtype);
            for (int to = 0; to < size; ++to) fill(slice(sent, to), number, rank, to);
            return {ranks.all_to_all(sent, received, what), [=] {
                        for (int from = 0; from < size; ++from)
                            check(slice(received, from), number, from, rank);
                        for (int to = 0; to < size; ++to) check(slice(sent, to), number, rank, to);
                    }};
        }
        case 1:
        case 2: {
            const Tensor gathered = Tensor::zeros(with_leading(size, shape), dtype);
            const Tensor own =
                kind == 1 ? Tensor::empty(shape, dtype) : slice(gathered, rank).reshape(shape);  // in place
            fill(own, number, rank, 0);
            return {ranks.all_gather(own, gathered, what), [=] {
                        for (int from = 0; from < size; ++from) check(slice(gathered, from), number, from, 0);
                    }};
        }
        case 3: {
            const Tensor tensor = Tensor::zeros(shape, dtype);
            if (rank == root) fill(tensor, number, root, 0);
            return {ranks.broadcast(tensor, root, what), [=] { check(tensor, number, root, 0); }};
        }
        default:
            return {ranks.barrier(what), [] {}};
    }
}

}  // namespace

void exchange_and_check(Communicator& communicator, int operations, int seed) {
    std::mt19937 shared(seed);  // the same on all ranks
    std::mt19937 own(seed * 31 + communicator.rank());
    std::deque<UnderWay> under_way;
    const auto finish = [&](std::size_t index) {
        under_way[index].work->wait();
        under_way[index].check();
        under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(index));
    };
    for (int i = 0; i < operations; ++i) {
        under_way.push_back(begin(communicator, i, shared));
        while (under_way.size() > own() % 6) finish(own() % under_way.size());  // in any order
    }
    while (!under_way.empty()) finish(0);
}

}  // namespace tern::test
