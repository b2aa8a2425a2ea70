#include "tern/tests/host_run/runner/order.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace tern::host_run {

std::vector<std::size_t> Order::sequence(std::size_t count) {
    if (seed_ > 1) return random_sequence(count);
    std::vector<std::size_t> result(count);
    std::iota(result.begin(), result.end(), std::size_t{0});
    if (seed_ == 1) std::reverse(result.begin(), result.end());
    return result;
}

std::vector<std::size_t> Order::random_sequence(std::size_t count) {
    std::vector<std::size_t> result(count);
    std::iota(result.begin(), result.end(), std::size_t{0});
    for (std::size_t left = count; left > 1; --left) std::swap(result[left - 1], result[random(left)]);
    return result;
}

void ReadySet::insert(std::size_t index) {
    words_[index / 64] |= std::uint64_t{1} << (index % 64);
    ++count_;
}

std::size_t ReadySet::take(Order& order) {
    std::size_t before = order.pick(count_);
    for (std::size_t word = 0;; ++word) {
        const auto here = static_cast<std::size_t>(std::popcount(words_[word]));
        if (before >= here) {
            before -= here;
            continue;
        }
        std::uint64_t bits = words_[word];
        for (; before > 0; --before) bits &= bits - 1;
        const int bit = std::countr_zero(bits);
        words_[word] &= ~(std::uint64_t{1} << bit);
        --count_;
        return word * 64 + static_cast<std::size_t>(bit);
    }
}

}  // namespace tern::host_run
