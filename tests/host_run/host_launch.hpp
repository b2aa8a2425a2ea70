// For the tests of the host run.
#pragma once

#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/tests/catch.hpp"

namespace tern::test {

/// Ascending, descending, and some random orders.
inline constexpr std::uint64_t kOrders = 6;

template <class Kernel, class... Args>
void host_launch(Kernel kernel, dim3 grid, dim3 block, std::size_t dynamic_bytes, Args... args) {
    cuda::launch(kernel, {grid, block, dynamic_bytes}, current_stream(Device::cpu()), args...);
}

/// Calls check() in every order.
template <class Check>
void in_all_orders(Check check) {
    for (std::uint64_t seed = 0; seed < kOrders; ++seed) {
        INFO("order " << seed);
        const host_run::ScopedSeed order(seed);
        check();
    }
}

}  // namespace tern::test
