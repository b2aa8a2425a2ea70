// The order in which threads and blocks run.
#include "tern/tests/host_run/runner/order.hpp"

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include "tern/tests/host_run/host_launch.hpp"

using namespace tern;
using test::host_launch;

namespace {

// A fault on purpose, hidden from the race check: the order of arrival becomes visible.
__global__ void arrival_kernel(int* next, int* arrivals, int barriers) {
    for (int i = 0; i < barriers; ++i) __syncthreads();
    arrivals[atomicAdd(next, 1)] = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}

std::vector<int> arrivals(std::uint64_t seed, int barriers = 0) {
    const host_run::ScopedSeed order(seed);
    std::vector<int> result(4 * 70);
    int next = 0;
    host_launch(arrival_kernel, dim3(4), dim3(70), 0, &next, result.data(), barriers);
    return result;
}

std::vector<int> sorted(std::vector<int> values) {
    std::sort(values.begin(), values.end());
    return values;
}

}  // namespace

TEST_CASE("seed 0 runs threads and blocks in ascending order, 1 in descending") {
    std::vector<int> up = arrivals(0), down = arrivals(1);
    CHECK(std::is_sorted(up.begin(), up.end()));
    std::reverse(down.begin(), down.end());
    CHECK(up == down);
    CHECK(arrivals(0, 3) == up);
}

TEST_CASE("other seeds give random orders that can be repeated") {
    std::set<std::vector<int>> orders;
    for (std::uint64_t seed = 2; seed < 10; ++seed) {
        const std::vector<int> order = arrivals(seed);
        CHECK(order == arrivals(seed));
        CHECK(sorted(order) == arrivals(0));
        CHECK(
            std::is_permutation(order.begin(), order.begin() + 70, arrivals(0).begin() + order[0] / 70 * 70));
        orders.insert(order);
    }
    CHECK(orders.size() == 8);
}

TEST_CASE("a scope's seed ends with it") {
    const std::uint64_t before = host_run::seed();
    {
        const host_run::ScopedSeed order(before + 5);
        CHECK(host_run::seed() == before + 5);
    }
    CHECK(host_run::seed() == before);
}

TEST_CASE("a ready set gives each of its members once") {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        host_run::Order order(seed);
        host_run::ReadySet ready(200);
        std::set<std::size_t> want, got;
        for (std::size_t i = 0; i < 200; i += 3) {
            ready.insert(i);
            want.insert(i);
        }
        while (!ready.empty()) CHECK(got.insert(ready.take(order)).second);
        CHECK(got == want);
    }
}

TEST_CASE("several threads of the process can run grids at the same time") {
    std::vector<int> here, there;
    std::thread other([&] { there = arrivals(3); });
    here = arrivals(3);
    other.join();
    CHECK(here == there);
}
