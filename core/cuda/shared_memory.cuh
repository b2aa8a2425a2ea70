// Shared memory of a block. The keyword `__shared__` means nothing to a host compiler, so kernels write
//
//     TERN_SHARED(float, tile, 32 * 33);      float tile[32 * 33], one per block
//     TERN_DYNAMIC_SHARED(float, rows);       float* rows, LaunchShape::dynamic_shared_bytes long
//
// On the host both are filled with 0xff (a NaN in every floating-point type, -1 in the integers) when a block
// starts, and lie between guards that catch what is written or, under the address sanitizer, read outside
// them.
#pragma once

#ifdef TERN_HOST_RUN

#include <type_traits>

#include TERN_HOST_RUN

/// `key` is one address per array and kernel instantiation, as the keyword's array is.
#define TERN_SHARED(T, name, n)                                                       \
    static_assert(std::is_trivially_copyable_v<T>, "shared memory holds plain data"); \
    static const char name##_key = 0;                                                 \
    T(&name)[n] = *static_cast<T(*)[n]>(::tern::host_run::shared_array(&name##_key, #name, sizeof(T[n])))

#define TERN_DYNAMIC_SHARED(T, name)                                                  \
    static_assert(std::is_trivially_copyable_v<T>, "shared memory holds plain data"); \
    T* const name = static_cast<T*>(::tern::host_run::dynamic_shared())

#else

#define TERN_SHARED(T, name, n) __shared__ T name[n]

/// 128 bytes: what bulk copies ask for. One declaration for all types, as every `extern __shared__` is one
/// array.
#define TERN_DYNAMIC_SHARED(T, name)                                      \
    extern __shared__ __align__(128) unsigned char tern_dynamic_shared[]; \
    T* const name = reinterpret_cast<T*>(tern_dynamic_shared)

#endif
