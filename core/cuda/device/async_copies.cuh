// Copies from global to shared memory that pass through no register.
#pragma once

#include <cstdint>
#include <vector>  // of the host

#include "tern/core/cuda/device/pack.cuh"

namespace tern::cuda {

#ifdef TERN_HOST_RUN

/// Of one thread. What is copied is there after wait() alone, as late as the device may be.
class AsyncCopies {
  public:
    template <class T>
    void start(T* to, const T* from) {
        pending_.push_back(
            {reinterpret_cast<std::uint8_t*>(to), reinterpret_cast<const std::uint8_t*>(from)});
    }
    void wait() {
        for (const auto& [to, from] : pending_) store_pack<16>(to, load_pack<16>(from));
        pending_.clear();
    }

  private:
    struct Copy {
        std::uint8_t* to;
        const std::uint8_t* from;
    };
    std::vector<Copy> pending_;
};

#else

/// Of one thread.
class AsyncCopies {
  public:
    /// Begins to copy 16 bytes to shared memory; both addresses are multiples of 16.
    template <class T>
    __device__ __forceinline__ void start(T* to, const T* from) const {
        const auto shared = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
        const auto global = __cvta_generic_to_global(from);
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared), "l"(global) : "memory");
    }
    /// Until all that were started are there. Other threads need a barrier after it.
    __device__ __forceinline__ void wait() const { asm volatile("cp.async.wait_all;" ::: "memory"); }
};

#endif

}  // namespace tern::cuda
