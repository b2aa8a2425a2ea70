// launch(): the only way to start our kernels. With TERN_HOST_RUN, which names the header that takes the
// place of CUDA's, the same source is plain host C++, and launch() runs the threads of each block as fibers
// (docs/kernels-without-a-gpu.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#ifdef TERN_HOST_RUN
#include TERN_HOST_RUN
#else
#include <cuda_runtime.h>
#endif

#include "tern/core/devices/stream.hpp"
#include "tern/core/error.hpp"

namespace tern::cuda {

struct LaunchShape {
    dim3 grid;
    dim3 block;
    std::size_t dynamic_shared_bytes = 0;
};

/// How many blocks of `size` cover `count`; a grid's limit in x, 2^31 - 1, is an assertion.
inline unsigned blocks_for(std::int64_t count, std::int64_t size) {
    const std::int64_t blocks = (count + size - 1) / size;
    TERN_ASSERT(blocks >= 0 && blocks <= INT32_MAX);
    return static_cast<unsigned>(blocks);
}

}  // namespace tern::cuda

#ifdef TERN_HOST_RUN

namespace tern::cuda {

template <class... Params, class... Args>
void launch(void (*kernel)(Params...), const LaunchShape& shape, const Stream&, Args&&... args) {
    static_assert(sizeof...(Params) == sizeof...(Args), "one argument per kernel parameter");
    struct Call {
        void (*kernel)(Params...);
        std::tuple<Params...> arguments;
    };
    const auto run = [shape, call = Call{kernel, {std::forward<Args>(args)...}}] {
        host_run::run_grid(
            reinterpret_cast<const void*>(call.kernel), shape.grid, shape.block, shape.dynamic_shared_bytes,
            [](const void* context) {
                const Call& own = *static_cast<const Call*>(context);
                std::apply(own.kernel, own.arguments);
            },
            &call);
    };
    if (host_run::Work* const work = host_run::recorded_work())
        work->push_back(run);
    else
        run();
}

}  // namespace tern::cuda

#elif defined(__CUDACC__)

namespace tern::cuda {

/// Selects the stream's device and allows more than 48 KiB of dynamic shared memory where asked for.
void before_launch(const void* kernel, const LaunchShape& shape, const Stream& stream);
/// Throws Error with the kernel's name if the launch failed; with TERN_SYNC=1 also waits until the kernel is
/// done.
void after_launch(const void* kernel, const LaunchShape& shape, const Stream& stream);

/// Starts `kernel` on `stream`. A grid of zero blocks is no work, and no error.
template <class... Params, class... Args>
void launch(void (*kernel)(Params...), const LaunchShape& shape, const Stream& stream, Args&&... args) {
    static_assert(sizeof...(Params) == sizeof...(Args), "one argument per kernel parameter");
    if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
    const void* const address = reinterpret_cast<const void*>(kernel);
    before_launch(address, shape, stream);
    kernel<<<shape.grid, shape.block, shape.dynamic_shared_bytes, static_cast<cudaStream_t>(stream.native)>>>(
        std::forward<Args>(args)...);
    after_launch(address, shape, stream);
}

}  // namespace tern::cuda

#endif
