// Equal elements all over a block of memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "tern/core/cuda/launch.hpp"

namespace tern::cuda {

template <class Word>
__global__ void fill_kernel(Word* data, Word value, std::int64_t count) {
    const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
    for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += stride) {
        data[i] = value;
    }
}

template <class Word>
void launch_fill(void* data, const void* value, std::int64_t count, const Stream& stream) {
    constexpr int kThreads = 256;
    // Several per multiprocessor of any GPU; the rest is the loop's.
    constexpr std::int64_t kMostBlocks = 1024;
    Word word;
    std::memcpy(&word, value, sizeof word);
    const auto blocks = static_cast<unsigned>(std::min((count + kThreads - 1) / kThreads, kMostBlocks));
    launch(fill_kernel<Word>, {dim3(blocks), dim3(kThreads)}, stream, static_cast<Word*>(data), word, count);
}

}  // namespace tern::cuda
