// Graphs of the CUDA runtime.
#include <cuda_runtime.h>

#include "tern/core/cuda/arrivals.hpp"
#include "tern/core/cuda/check.hpp"
#include "tern/core/cuda/device_runtime.hpp"

namespace tern::cuda {
namespace {

cudaStream_t native(const Stream& stream) { return static_cast<cudaStream_t>(stream.native); }

}  // namespace

void begin_capture(const Stream& stream) {
    use_device(stream.device.index);
    arrivals(stream);  // which a kernel of the graph could not allocate any more
    // Other threads, which load batches, go on.
    TERN_CUDA_CHECK(cudaStreamBeginCapture(native(stream), cudaStreamCaptureModeThreadLocal));
}

void abandon_capture(const Stream& stream) noexcept {
    cudaGraph_t graph = nullptr;
    cudaStreamEndCapture(native(stream), &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();
}

void* end_capture(const Stream& stream) {
    cudaGraph_t graph = nullptr;
    TERN_CUDA_CHECK(cudaStreamEndCapture(native(stream), &graph));
    cudaGraphExec_t executable = nullptr;
    const cudaError_t error = cudaGraphInstantiate(&executable, graph, 0);
    cudaGraphDestroy(graph);
    TERN_CUDA_CHECK(error);
    return executable;
}

void launch_graph(void* graph, const Stream& stream) {
    use_device(stream.device.index);
    TERN_CUDA_CHECK(cudaGraphLaunch(static_cast<cudaGraphExec_t>(graph), native(stream)));
}

void destroy_graph(void* graph) noexcept {
    cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(graph));
    cudaGetLastError();
}

}  // namespace tern::cuda
