// Copies from global to shared memory that pass through no register.
#pragma once

#include <cstdint>
#include <vector>  // of the host

#include "tern/core/cuda/device/pack.cuh"

namespace tern::cuda {

#ifdef TERN_HOST_RUN

/// Of one thread. What is copied is there when it has been waited for, as late as the device may be.
class AsyncCopies {
  public:
    template <class T>
    void start(T* to, const T* from, bool inside = true) {
        pending_.push_back({reinterpret_cast<std::uint8_t*>(to),
                            inside ? reinterpret_cast<const std::uint8_t*>(from) : nullptr});
    }
    void commit() { group_ends_.push_back(pending_.size()); }
    template <int groups>
    void wait_but() {
        if (group_ends_.size() > groups) finish(group_ends_[group_ends_.size() - groups - 1]);
    }
    void wait() { finish(pending_.size()); }

  private:
    struct Copy {
        std::uint8_t* to;
        const std::uint8_t* from;  // null: zeros
    };
    void finish(std::size_t end) {
        for (; done_ < end; ++done_) {
            const auto& [to, from] = pending_[done_];
            store_pack<16>(to, from == nullptr ? Pack<std::uint8_t, 16>{} : load_pack<16>(from));
        }
        if (done_ < pending_.size()) return;
        pending_.clear();
        group_ends_.clear();
        done_ = 0;
    }

    std::vector<Copy> pending_;
    std::vector<std::size_t> group_ends_;
    std::size_t done_ = 0;
};

#else

/// Of one thread.
class AsyncCopies {
  public:
    /// Begins to copy 16 bytes to shared memory; both addresses are multiples of 16. Zeros, and nothing is read, where `from` is
    /// not `inside`.
    template <class T>
    __device__ __forceinline__ void start(T* to, const T* from, bool inside = true) const {
        const auto shared = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
        const auto global = __cvta_generic_to_global(from);
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared), "l"(global),
                     "r"(inside ? 16 : 0)
                     : "memory");
    }
    /// What was started since the commit before is a group.
    __device__ __forceinline__ void commit() const { asm volatile("cp.async.commit_group;" ::: "memory"); }
    /// Until all groups but the latest of them, so many, are there. Other threads need a barrier after it.
    template <int groups>
    __device__ __forceinline__ void wait_but() const {
        asm volatile("cp.async.wait_group %0;" ::"n"(groups) : "memory");
    }
    /// Until all that were started are there. Other threads need a barrier after it.
    __device__ __forceinline__ void wait() const { asm volatile("cp.async.wait_all;" ::: "memory"); }
};

#endif

}  // namespace tern::cuda
