// Copies from one nest of strides to another in CUDA: concatenating, padding, permuting.
#pragma once

#include "tern/kernels/shared/nest_cuda.cuh"

namespace tern {

/// What of an element matters where bytes are moved.
using Word16 = cuda::Pack<std::uint64_t, 2>;

/// Calls function.operator()<Word>() with a type of `bytes` bytes: 1, 2, 4, 8 or 16.
template <class F>
void visit_word(std::int64_t bytes, F function) {
    switch (bytes) {
        case 1:
            return function.template operator()<std::uint8_t>();
        case 2:
            return function.template operator()<std::uint16_t>();
        case 4:
            return function.template operator()<std::uint32_t>();
        case 8:
            return function.template operator()<std::uint64_t>();
        default:
            return function.template operator()<Word16>();
    }
}

template <class Word>
struct CopyWords {
    DeviceNest<2> nest;
    const Word* from;
    Word* to;

    __device__ void operator()(std::int64_t i) const {
        const auto at = nest.offsets_of(static_cast<std::uint32_t>(i));
        to[at.v[0]] = from[at.v[1]];
    }
};

/// to[nest's first offset] = from[its second] for every step: elements of `size` bytes. Where both step by
/// one element in the innermost loop, words of up to 16 bytes are moved, whatever the elements.
inline void launch_copy(const LoopNest<2>& nest, const std::byte* from, std::byte* to, std::int64_t size,
                        const Stream& stream) {
    if (nest.numel() == 0) return;
    const LoopNest<2>::Loop inner = nest.innermost();
    const bool rows = nest.rank() > 0 && inner.strides[0] == 1 && inner.strides[1] == 1;
    std::int64_t word = size;
    const auto fits = [&](std::int64_t bytes) {
        bool fit = inner.extent * size % bytes == 0 && reinterpret_cast<std::uintptr_t>(from) % bytes == 0 &&
                   reinterpret_cast<std::uintptr_t>(to) % bytes == 0;
        for (int d = 0; d < nest.rank() - 1; ++d)
            for (const std::int64_t stride : nest.loop(d).strides) fit = fit && stride * size % bytes == 0;
        return fit;
    };
    while (rows && word < 16 && fits(2 * word)) word *= 2;
    LoopNest<2> words;
    for (int d = 0; d < nest.rank(); ++d) {
        const auto& [extent, strides] = nest.loop(d);
        if (rows && d == nest.rank() - 1)
            words.add(extent * size / word, {1, 1});
        else
            words.add(extent, {strides[0] * size / word, strides[1] * size / word});
    }
    visit_word(word, [&]<class Word>() {
        launch_elements(CopyWords<Word>{device_nest(words), reinterpret_cast<const Word*>(from),
                                        reinterpret_cast<Word*>(to)},
                        words.numel(), stream);
    });
}

}  // namespace tern
