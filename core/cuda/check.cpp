#include "tern/core/cuda/check.hpp"

#include "tern/core/error.hpp"

namespace tern::cuda {

void fail_call(cudaError_t error, std::string_view call, const char* file, int line) {
    int device = -1;
    const bool on_device = cudaGetDevice(&device) == cudaSuccess;
    cudaGetLastError();  // else the next check, of a call that went well, would find this error again
    const std::string_view path = file;
    fail("cuda", call, " failed: ", cudaGetErrorName(error), ": ", cudaGetErrorString(error), " (",
         path.substr(path.rfind('/') + 1), ':', line, ", ",
         on_device ? to_text("device ", device) : std::string("no device"), ')');
}

}  // namespace tern::cuda
