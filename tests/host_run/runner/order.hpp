// Which of several goes next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tern::host_run {

/// 0 ascending, 1 descending, any other seed random; equal seeds give equal orders.
class Order {
  public:
    explicit Order(std::uint64_t seed) : seed_(seed), state_(seed) {}

    /// One of 0 .. count - 1.
    std::size_t pick(std::size_t count) {
        if (seed_ == 0) return 0;
        return seed_ == 1 ? count - 1 : random(count);
    }
    /// As pick(), whatever the seed.
    std::size_t random(std::size_t count) { return static_cast<std::size_t>(next() % count); }

    /// 0 .. count - 1 in this order.
    std::vector<std::size_t> sequence(std::size_t count);
    std::vector<std::size_t> random_sequence(std::size_t count);

  private:
    // SplitMix64.
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    std::uint64_t seed_;
    std::uint64_t state_;
};

/// The threads of a block that can continue: a bit each, so that the k-th of 1024 is found in 16 steps.
class ReadySet {
  public:
    explicit ReadySet(std::size_t size) : words_((size + 63) / 64) {}

    bool empty() const { return count_ == 0; }
    void insert(std::size_t index);
    std::size_t take(Order& order);

  private:
    std::vector<std::uint64_t> words_;
    std::size_t count_ = 0;
};

}  // namespace tern::host_run
