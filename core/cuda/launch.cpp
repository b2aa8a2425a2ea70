#include "tern/core/cuda/launch.hpp"

#include <cstdlib>
#include <string>

#include <cxxabi.h>

#include "tern/core/cuda/check.hpp"
#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/devices/device_graph.hpp"
#include "tern/core/environment.hpp"
#include "tern/core/error.hpp"

namespace tern::cuda {
namespace {

// More dynamic shared memory than this must be asked for, kernel by kernel.
constexpr std::size_t kSharedWithoutAsking = 48 * 1024;

bool synchronize_after_launch() {
    static const bool synchronize = environment("TERN_SYNC") == "1";
    return synchronize;
}

std::string name_of(const void* kernel) {
    const char* mangled = nullptr;
    if (cudaFuncGetName(&mangled, kernel) != cudaSuccess) return "a kernel";
    int status = 0;
    char* const name = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
    const std::string result = status == 0 ? name : mangled;
    std::free(name);
    return result;
}

std::string text(dim3 d) { return to_text('(', d.x, ',', d.y, ',', d.z, ')'); }

void check(cudaError_t error, const char* what, const void* kernel, const LaunchShape& shape) {
    if (error == cudaSuccess) return;
    const std::string call = to_text(what, ' ', name_of(kernel), " <<<", text(shape.grid), ", ",
                                     text(shape.block), ", ", shape.dynamic_shared_bytes, " bytes>>>");
    fail_call(error, call, __FILE__, __LINE__);
}

}  // namespace

void before_launch(const void* kernel, const LaunchShape& shape, const Stream& stream) {
    use_device(stream.device.index);
    if (shape.dynamic_shared_bytes <= kSharedWithoutAsking) return;
    const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                   static_cast<int>(shape.dynamic_shared_bytes));
    check(error, "shared memory for", kernel, shape);
}

void after_launch(const void* kernel, const LaunchShape& shape, const Stream& stream) {
    check(cudaGetLastError(), "launch of", kernel, shape);
    if (synchronize_after_launch()) {
        DeviceGraph::refuse("the wait after every kernel that TERN_SYNC=1 asks for");
        check(cudaStreamSynchronize(static_cast<cudaStream_t>(stream.native)), "run of", kernel, shape);
    }
}

}  // namespace tern::cuda
