// Shared memory: one array per block and declaration, poisoned when the block starts, guarded on both sides.
#include <cmath>
#include <vector>

#include "tern/tests/host_run/host_launch.hpp"

using namespace tern;
using test::host_launch, test::in_all_orders;

namespace {

// What a block finds in its shared arrays; then it fills them, for the next block to find if they were the
// same.
__global__ void look_kernel(float* found, int* found_integers) {
    TERN_SHARED(float, a, 8);
    TERN_SHARED(int, b, 8);
    TERN_DYNAMIC_SHARED(float, c);
    const unsigned t = threadIdx.x, at = blockIdx.x * 8 + t;
    found[2 * at] = a[t];
    found[2 * at + 1] = c[t];
    found_integers[at] = b[t];
    a[t] = c[t] = 1.0f;
    b[t] = 1;
}

template <int kValue>
__device__ int own_array() {
    TERN_SHARED(int, value, 1);
    if (threadIdx.x == 0) value[0] = kValue;
    __syncthreads();
    return value[0];
}

__global__ void two_instantiations_kernel(int* y) {
    const int one = own_array<1>(), two = own_array<2>();
    y[threadIdx.x] = 10 * own_array<1>() + 100 * one + two;
}

__global__ void types_kernel(std::size_t* sizes) {
    TERN_SHARED(double, doubles, 5);
    TERN_SHARED(float4, vectors, 3);
    sizes[0] = sizeof doubles;
    sizes[1] = sizeof vectors;
    sizes[2] = reinterpret_cast<std::uintptr_t>(&vectors[0]) % alignof(float4);
}

__global__ void write_dynamic_kernel(int index) {
    TERN_DYNAMIC_SHARED(unsigned char, bytes);
    bytes[index] = 0;
}

__global__ void large_kernel() {
    TERN_SHARED(float, one, 8 * 1024);
    TERN_SHARED(float, two, 4 * 1024 + 1);
    one[0] = two[0] = 0.0f;
}

// The address sanitizer ends the program at the access itself: tests/host_run/CMakeLists.txt expects its
// report.
#ifndef __SANITIZE_ADDRESS__
__global__ void write_static_kernel(int index) {
    TERN_SHARED(float, rows, 10);
    float* const pointer = rows;
    pointer[index] = 1.0f;
}
#endif

}  // namespace

TEST_CASE("a block finds its shared memory poisoned, whatever the block before left") {
    in_all_orders([] {
        std::vector<float> found(3 * 16);
        std::vector<int> integers(3 * 8);
        host_launch(look_kernel, dim3(3), dim3(8), 8 * sizeof(float), found.data(), integers.data());
        for (const float value : found) CHECK(std::isnan(value));
        for (const int value : integers) CHECK(value == -1);
    });
}

TEST_CASE("each instantiation of a function has its own shared array") {
    std::vector<int> y(64);
    host_launch(two_instantiations_kernel, dim3(1), dim3(64), 0, y.data());
    for (const int value : y) CHECK(value == 10 + 100 + 2);
}

TEST_CASE("shared arrays have their type's size and alignment") {
    std::size_t sizes[3] = {};
    host_launch(types_kernel, dim3(1), dim3(1), 0, static_cast<std::size_t*>(sizes));
    CHECK(sizes[0] == 5 * sizeof(double));
    CHECK(sizes[1] == 3 * 16);
    CHECK(sizes[2] == 0);
}

TEST_CASE("more shared memory than a block may have is an error") {
    CHECK_THROWS_WITH(host_launch(large_kernel, dim3(1), dim3(1), 0),
                      Catch::Contains("shared array 'two' makes 49156 bytes of static shared memory"));
    CHECK_THROWS_WITH(host_launch(write_dynamic_kernel, dim3(1), dim3(1), 228 * 1024, 0),
                      Catch::Contains("233472 bytes of dynamic shared memory, at most 232448"));
}

#ifndef __SANITIZE_ADDRESS__
TEST_CASE("a write next to a shared array is found when the block ends") {
    host_launch(write_static_kernel, dim3(1), dim3(1), 0, 9);
    for (const int index : {-1000, -1, 10, 11, 1000}) {
        INFO("index " << index);
        CHECK_THROWS_WITH(host_launch(write_static_kernel, dim3(1), dim3(1), 0, index),
                          Catch::Contains("wrote outside its shared array 'rows' of 40 bytes"));
    }
    host_launch(write_dynamic_kernel, dim3(1), dim3(1), 5, 4);
    for (const int index : {-1, 5}) {
        CHECK_THROWS_WITH(host_launch(write_dynamic_kernel, dim3(1), dim3(1), 5, index),
                          Catch::Contains("wrote outside its shared array 'dynamic' of 5 bytes"));
    }
}
#endif
