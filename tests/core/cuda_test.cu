// launch(), checks and cuDNN in a CUDA build: what they do where there is a device, and what they say where
// not.
#include <cstdint>
#include <string>
#include <vector>

#include "tern/core/cuda/check.hpp"
#include "tern/core/cuda/cudnn.hpp"
#include "tern/core/cuda/device/warp.cuh"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/core/error.hpp"
#include "tern/core/tensor.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

constexpr int kThreads = 96;

// Turns the block's values round by way of shared memory and writes their sum behind them.
__global__ void turn_kernel(const float* x, float* y) {
    TERN_SHARED(float, fixed, kThreads);
    TERN_DYNAMIC_SHARED(float, dynamic);
    fixed[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    dynamic[threadIdx.x] = fixed[kThreads - 1 - threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = dynamic[threadIdx.x];
    const float sum = cuda::block_sum(x[threadIdx.x]);
    if (threadIdx.x == 0) y[kThreads] = sum;
}

std::string message_of_launch(const cuda::LaunchShape& shape) {
    try {
        cuda::launch(turn_kernel, shape, current_stream(Device::cuda()), nullptr, nullptr);
        return "launched";
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("a failed call is an error that names call, reason, place and device, and leaves none behind") {
    const auto fail = [] {
        TERN_CUDA_CHECK(cudaMemcpy(nullptr, nullptr, 4, static_cast<cudaMemcpyKind>(77)));
    };
    CHECK_THROWS_WITH(fail(), Catch::StartsWith("[cuda] cudaMemcpy(nullptr, nullptr, 4, "
                                                "static_cast<cudaMemcpyKind>(77)) failed: cudaError") &&
                                  Catch::Contains("(cuda_test.cu:") && Catch::Contains("device"));
    // Without a driver every call fails, this one too.
    if (cuda_available()) CHECK(cudaPeekAtLastError() == cudaSuccess);
    const auto succeed = [] { TERN_CUDA_CHECK(cudaSuccess); };
    CHECK_NOTHROW(succeed());
}

TEST_CASE("an empty grid is no work on any machine") {
    CHECK(message_of_launch({dim3(0), dim3(kThreads)}) == "launched");
    CHECK(message_of_launch({dim3(1, 1, 0), dim3(kThreads)}) == "launched");
}

TEST_CASE("launch runs a kernel on the device, or says that there is none") {
    const std::size_t bytes = kThreads * sizeof(float);
    if (!cuda_available()) {
        CHECK_THAT(message_of_launch({dim3(1), dim3(kThreads), bytes}),
                   Catch::StartsWith("[device] cuda:0 cannot be used: "));
        return;
    }
    Tensor x = Tensor::empty({kThreads}, DType::float32);
    for (int i = 0; i < kThreads; ++i) x.data<float>()[i] = static_cast<float>(i);
    const Tensor on_device = x.to(Device::cuda());
    const Tensor y = Tensor::empty({kThreads + 1}, DType::float32, Device::cuda());
    // The second needs more dynamic shared memory than a kernel gets without asking.
    for (const std::size_t dynamic_bytes : {bytes, std::size_t{96 * 1024}}) {
        cuda::launch(turn_kernel, {dim3(1), dim3(kThreads), dynamic_bytes}, current_stream(Device::cuda()),
                     on_device.data<float>(), y.data<float>());
        const Tensor result = y.to(Device::cpu());
        for (int i = 0; i < kThreads; ++i)
            CHECK(result.data<float>()[i] == static_cast<float>(kThreads - 1 - i));
        CHECK(result.data<float>()[kThreads] == static_cast<float>(kThreads * (kThreads - 1) / 2));
    }
    CHECK_THAT(message_of_launch({dim3(1), dim3(2000)}),
               Catch::Contains("launch of ") && Catch::Contains("turn_kernel") &&
                   Catch::Contains("<<<(1,1,1), (2000,1,1), 0 bytes>>>"));
}

TEST_CASE("cuDNN is found with its version, or every path tried is named") {
    std::string why_not;
    if (cuda::cudnn_available(&why_not)) {
        CHECK_THAT(cuda::cudnn_version(), Catch::StartsWith(to_text(CUDNN_MAJOR, '.')));
        if (!cuda_available()) {
            CHECK_THROWS_AS(cuda::cudnn_handle(current_stream(Device::cuda())), Error);
        }
        return;
    }
    CHECK_THAT(why_not, Catch::StartsWith("[cudnn] "));
    CHECK_THROWS_WITH(cuda::cudnn(), why_not);
}
