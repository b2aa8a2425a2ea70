// Sorting on the device: Thrust's, and a plain one where the source runs on the host.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tern/core/cuda/launch.hpp"

#ifdef TERN_HOST_RUN

#include <algorithm>
#include <numeric>
#include <vector>

namespace tern::cuda {

template <class Value>
void stable_sort_by_key(std::uint64_t* keys, Value* values, std::int64_t count, const Stream&) {
    std::vector<std::size_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
    const std::vector<std::uint64_t> old_keys(keys, keys + count);
    const std::vector<Value> old_values(values, values + count);
    for (std::size_t i = 0; i < order.size(); ++i) {
        keys[i] = old_keys[order[i]];
        values[i] = old_values[order[i]];
    }
}

}  // namespace tern::cuda

#else

#include <thrust/execution_policy.h>
#include <thrust/sort.h>
#include <thrust/system_error.h>

#include "tern/core/cuda/check.hpp"
#include "tern/core/memory/memory.hpp"

namespace tern::cuda {

/// Gives Thrust its scratch memory from the pool, in the order of the stream: its own way, cudaMalloc, waits
/// for the whole device.
class ScratchAllocator {
  public:
    using value_type = char;

    explicit ScratchAllocator(const Stream& stream) : stream_(stream) {}
    char* allocate(std::ptrdiff_t bytes) {
        return static_cast<char*>(allocate_bytes(static_cast<std::size_t>(bytes), stream_));
    }
    void deallocate(char* data, std::size_t bytes) { free_bytes(data, bytes, stream_); }

  private:
    Stream stream_;
};

/// Sorts both arrays by `keys`, ascending; values of equal keys keep their order. Does not wait for the
/// device.
template <class Value>
void stable_sort_by_key(std::uint64_t* keys, Value* values, std::int64_t count, const Stream& stream) {
    TERN_CUDA_CHECK(cudaSetDevice(stream.device.index));
    ScratchAllocator scratch(stream);
    try {
        thrust::stable_sort_by_key(
            thrust::cuda::par_nosync(scratch).on(static_cast<cudaStream_t>(stream.native)), keys,
            keys + count, values);
    } catch (const thrust::system_error& error) {
        TERN_CUDA_CHECK(static_cast<cudaError_t>(error.code().value()));
        throw;
    }
}

}  // namespace tern::cuda

#endif
