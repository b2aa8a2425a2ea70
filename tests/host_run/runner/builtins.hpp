// CUDA's built-in variables and the functions that need no other thread.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>

#include "tern/tests/host_run/runner/run_grid.hpp"
#include "tern/tests/host_run/runner/vector_types.hpp"

// Set before a thread of the kernel continues; constinit spares the wrapper that a thread_local otherwise has.
extern constinit thread_local uint3 threadIdx;
extern constinit thread_local uint3 blockIdx;
extern constinit thread_local dim3 blockDim;
extern constinit thread_local dim3 gridDim;
inline constexpr int warpSize = 32;

/// All threads of the block, from the same line. The location is what an error names.
inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    tern::host_run::block_barrier({"__syncthreads", file, line});
}
inline void __threadfence() { tern::host_run::memory_fence(); }
inline void __threadfence_block() { tern::host_run::memory_fence(); }
[[noreturn]] inline void __trap() { tern::host_run::trap(); }

template <class T>
T __ldg(const T* address) {
    return *address;
}

template <class T>
concept CudaAtomicInteger =
    std::same_as<T, int> || std::same_as<T, unsigned> || std::same_as<T, unsigned long long>;

// Relaxed, as on the device: an atomic orders nothing else. None for floating-point numbers: their sum would
// depend on the order of arrival.
template <CudaAtomicInteger T>
T atomicAdd(T* address, T value) {
    return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}
template <CudaAtomicInteger T>
T atomicExch(T* address, T value) {
    return __atomic_exchange_n(address, value, __ATOMIC_RELAXED);
}
/// Returns what was there before.
template <CudaAtomicInteger T>
T atomicCAS(T* address, T expected, T desired) {
    __atomic_compare_exchange_n(address, &expected, desired, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return expected;
}
template <CudaAtomicInteger T>
T atomicMax(T* address, T value) {
    T old = __atomic_load_n(address, __ATOMIC_RELAXED);
    while (old < value &&
           !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return old;
}
template <CudaAtomicInteger T>
T atomicMin(T* address, T value) {
    T old = __atomic_load_n(address, __ATOMIC_RELAXED);
    while (value < old &&
           !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return old;
}

template <class T>
requires std::integral<T> || std::floating_point<T>
constexpr T min(T a, T b) {
    if constexpr (std::floating_point<T>)
        return std::fmin(a, b);  // a NaN loses, as on the device
    else
        return b < a ? b : a;
}
template <class T>
requires std::integral<T> || std::floating_point<T>
constexpr T max(T a, T b) {
    if constexpr (std::floating_point<T>)
        return std::fmax(a, b);
    else
        return a < b ? b : a;
}

inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
