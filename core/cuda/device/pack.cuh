// Several neighbouring elements moved in one memory access.
#pragma once

#include <cstdint>
#include <type_traits>

#include "tern/core/cuda/launch.hpp"

namespace tern::cuda {

/// N elements aligned to their common size, which makes a copy one instruction: 16 bytes at most.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) * N <= 16 && (N & (N - 1)) == 0);
    T values[N];

    __device__ T& operator[](int i) { return values[i]; }
    __device__ const T& operator[](int i) const { return values[i]; }
};

/// How many elements of T one access of 16 bytes moves.
template <class T>
inline constexpr int kPackSize = 16 / static_cast<int>(sizeof(T));

template <class T, int N>
__host__ __device__ bool is_pack_aligned(const T* address) {
    return reinterpret_cast<std::uintptr_t>(address) % (sizeof(T) * N) == 0;
}

/// `address` must be aligned to N elements; where it is not, the device reports a misaligned address, and so
/// does the host.
template <int N, class T>
__device__ __forceinline__ Pack<T, N> load_pack(const T* address) {
    Pack<T, N> pack;
#ifdef TERN_HOST_RUN
    host_run::check_aligned(address, sizeof pack);
    __builtin_memcpy(&pack, address, sizeof pack);
#else
    pack = *reinterpret_cast<const Pack<T, N>*>(address);
#endif
    return pack;
}

template <int N, class T>
__device__ __forceinline__ void store_pack(T* address, const Pack<T, N>& pack) {
#ifdef TERN_HOST_RUN
    host_run::check_aligned(address, sizeof pack);
    __builtin_memcpy(address, &pack, sizeof pack);
#else
    *reinterpret_cast<Pack<T, N>*>(address) = pack;
#endif
}

}  // namespace tern::cuda
