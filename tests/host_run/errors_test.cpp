// Faults that a host run names itself, and that it continues afterwards.
#include <atomic>
#include <stdexcept>

#include "tern/core/error.hpp"
#include "tern/tests/host_run/host_launch.hpp"

using namespace tern;
using test::host_launch, test::in_all_orders;

namespace {

std::atomic<int> alive = 0;

// Lives on a thread's stack.
struct Counted {
    Counted() { ++alive; }
    ~Counted() { --alive; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
};

enum class Fault {
    none,
    some_end,
    two_barriers,
    warp_and_block,
    uneven_loop,
    lost_lane,
    mask,
    trap,
    exception
};

__global__ void faulty_kernel(Fault fault) {
    const Counted counted;
    const unsigned t = threadIdx.x;
    if (fault == Fault::some_end && t >= 40) return;
    if (fault == Fault::two_barriers && t < 3) __syncthreads();
    if (fault == Fault::warp_and_block && t < 32) __syncwarp();
    if (fault == Fault::uneven_loop) {
        for (unsigned i = 0; i < t / 32; ++i) __syncthreads();
    }
    if (fault == Fault::lost_lane && t != 7) __shfl_sync(0xffffffffu, t, 0);
    if (fault == Fault::mask && t == 33) __ballot_sync(0x1u, 1);
    if (fault == Fault::trap && t == 5) __trap();
    if (fault == Fault::exception && t == 5) throw std::out_of_range("thrown by the kernel");
    __syncthreads();
}

void run(Fault fault) { host_launch(faulty_kernel, dim3(2), dim3(64), 0, fault); }

}  // namespace

TEST_CASE("threads that wait for each other in vain are an error that says who waits where") {
    in_all_orders([] {
        CHECK_NOTHROW(run(Fault::none));
        CHECK_NOTHROW(run(Fault::warp_and_block));
        CHECK_THROWS_WITH(
            run(Fault::some_end),
            Catch::Contains("wait for each other in vain: of 64, 24 ended (first: thread 40), 40 wait "
                            "in __syncthreads at errors_test.cpp:"));
        CHECK_THROWS_WITH(run(Fault::two_barriers),
                          Catch::Contains("3 wait in __syncthreads at errors_test.cpp:") &&
                              Catch::Contains("61 wait in __syncthreads"));
        CHECK_THROWS_WITH(run(Fault::uneven_loop), Catch::Contains("(first: thread 32)"));
        CHECK_THROWS_WITH(run(Fault::lost_lane),
                          Catch::Contains("31 wait in __shfl_sync at errors_test.cpp:") &&
                              Catch::Contains("33 wait in __syncthreads"));
        CHECK(alive == 0);  // the stacks of the threads that waited have been unwound
        CHECK_NOTHROW(run(Fault::none));
    });
}

TEST_CASE("a lane must be in its own mask") {
    CHECK_THROWS_WITH(run(Fault::mask), Catch::Contains("__ballot_sync at errors_test.cpp:") &&
                                            Catch::Contains("the mask 1 lacks the calling lane 1"));
    CHECK(alive == 0);
}

TEST_CASE("what a kernel throws comes out of launch") {
    in_all_orders([] {
        CHECK_THROWS_WITH(run(Fault::trap), "[host_run] the kernel called __trap()");
        CHECK_THROWS_AS(run(Fault::exception), std::out_of_range);
        CHECK(alive == 0);
        CHECK_NOTHROW(run(Fault::none));
    });
}

TEST_CASE("shapes that no GPU takes are an error") {
    CHECK_THROWS_WITH(host_launch(faulty_kernel, dim3(1), dim3(1025), 0, Fault::none),
                      Catch::Contains("block (1025,1,1) has 1025 threads, allowed are 1 to 1024"));
    CHECK_THROWS_AS(host_launch(faulty_kernel, dim3(1), dim3(0), 0, Fault::none), Error);
    CHECK_THROWS_AS(host_launch(faulty_kernel, dim3(1), dim3(1, 1, 65), 0, Fault::none), Error);
    CHECK_THROWS_WITH(host_launch(faulty_kernel, dim3(1, 65536), dim3(1), 0, Fault::none),
                      Catch::Contains("grid (1,65536,1) is larger than"));
}
