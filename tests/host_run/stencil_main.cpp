// Runs the stencil in eight orders and compares with the plain loop, bit by bit.
#include "tern/tests/host_run/stencil.hpp"

#include <cstdio>
#include <exception>
#include <vector>

#include "tern/tests/host_run/runner/run_grid.hpp"

namespace {

constexpr int kSize = 4 * 3 * 64 + 2 * 64 + 7;  // the last block has a round cut short and one of nothing
constexpr std::uint64_t kOrders = 8;

std::vector<float> expected(const std::vector<float>& x, const std::vector<float>& w) {
    std::vector<float> y;
    for (int i = 0; i < kSize; ++i) {
        const int next = i % 64 == 63 ? i - 63 : i + 1;
        y.push_back(w[0] * x[i] + w[1] * (next < kSize ? x[next] : 0.0f));
    }
    return y;
}

bool correct_in_order(std::uint64_t seed) {
    const tern::host_run::ScopedSeed order(seed);
    std::vector<float> x(kSize), y(kSize), w{2.0f, 3.0f};
    for (int i = 0; i < kSize; ++i) x[i] = static_cast<float>(i * i % 251);
    stencil(x.data(), w.data(), y.data(), kSize, tern::current_stream(tern::Device::cpu()));
    const std::vector<float> want = expected(x, w);
    for (int i = 0; i < kSize; ++i) {
        if (y[i] == want[i]) continue;
        std::printf("element %d differs in order %d: %g, expected %g\n", i, static_cast<int>(seed), y[i],
                    want[i]);
        return false;
    }
    return true;
}

}  // namespace

int main() {
    try {
        bool correct = true;
        for (std::uint64_t seed = 0; seed < kOrders; ++seed) correct = correct_in_order(seed) && correct;
        if (correct) std::printf("correct in %d orders\n", static_cast<int>(kOrders));
        return correct ? 0 : 1;
    } catch (const std::exception& error) {
        std::printf("%s\n", error.what());
        return 1;
    }
}
