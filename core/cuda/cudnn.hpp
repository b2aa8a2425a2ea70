// cuDNN, opened when first used: its functions, a handle per thread and device, and the check of its calls.
#pragma once

#include <string>
#include <string_view>

#include <cudnn.h>

#include "tern/core/devices/stream.hpp"

#define TERN_CUDNN_FUNCTIONS(X)                       \
    X(cudnnGetVersion)                                \
    X(cudnnGetErrorString)                            \
    X(cudnnGetLastErrorString)                        \
    X(cudnnCreate)                                    \
    X(cudnnDestroy)                                   \
    X(cudnnSetStream)                                 \
    X(cudnnCreateTensorDescriptor)                    \
    X(cudnnSetTensor4dDescriptor)                     \
    X(cudnnDestroyTensorDescriptor)                   \
    X(cudnnCreateFilterDescriptor)                    \
    X(cudnnSetFilter4dDescriptor)                     \
    X(cudnnDestroyFilterDescriptor)                   \
    X(cudnnCreateActivationDescriptor)                \
    X(cudnnSetActivationDescriptor)                   \
    X(cudnnDestroyActivationDescriptor)               \
    X(cudnnCreateConvolutionDescriptor)               \
    X(cudnnSetConvolution2dDescriptor)                \
    X(cudnnSetConvolutionGroupCount)                  \
    X(cudnnSetConvolutionMathType)                    \
    X(cudnnDestroyConvolutionDescriptor)              \
    X(cudnnGetConvolutionForwardAlgorithm_v7)         \
    X(cudnnGetConvolutionForwardWorkspaceSize)        \
    X(cudnnConvolutionForward)                        \
    X(cudnnConvolutionBiasActivationForward)          \
    X(cudnnGetConvolutionBackwardDataAlgorithm_v7)    \
    X(cudnnGetConvolutionBackwardDataWorkspaceSize)   \
    X(cudnnConvolutionBackwardData)                   \
    X(cudnnGetConvolutionBackwardFilterAlgorithm_v7)  \
    X(cudnnGetConvolutionBackwardFilterWorkspaceSize) \
    X(cudnnConvolutionBackwardFilter)                 \
    X(cudnnActivationForward)                         \
    X(cudnnActivationBackward)                        \
    X(cudnnBatchNormalizationForwardInference)        \
    X(cudnnBatchNormalizationForwardTraining)         \
    X(cudnnBatchNormalizationBackward)                \
    X(cudnnCreatePoolingDescriptor)                   \
    X(cudnnSetPooling2dDescriptor)                    \
    X(cudnnDestroyPoolingDescriptor)                  \
    X(cudnnPoolingForward)                            \
    X(cudnnPoolingBackward)                           \
    X(cudnnSoftmaxForward)                            \
    X(cudnnSoftmaxBackward)

namespace tern::cuda {

struct Cudnn {
#define TERN_CUDNN_MEMBER(function) decltype(&::function) function;
    TERN_CUDNN_FUNCTIONS(TERN_CUDNN_MEMBER)
#undef TERN_CUDNN_MEMBER
    std::string path;
};

/// Opens cuDNN on the first call. Throws Error with every path tried, or if its major version is not the one
/// that tern was built for.
const Cudnn& cudnn();
/// Whether cudnn() succeeds; if not, and `why_not` is given, its message. Looks once per process.
bool cudnn_available(std::string* why_not = nullptr);
/// "9.19.0 (/usr/lib/...)".
std::string cudnn_version();

/// This thread's handle for the stream's device, set to that stream.
cudnnHandle_t cudnn_handle(const Stream& stream);

[[noreturn]] void fail_cudnn_call(cudnnStatus_t status, std::string_view call, const char* file, int line);

}  // namespace tern::cuda

/// Throws Error unless the call gives CUDNN_STATUS_SUCCESS.
#define TERN_CUDNN_CHECK(call)                                                               \
    do {                                                                                     \
        if (const cudnnStatus_t tern_status = (call); tern_status != CUDNN_STATUS_SUCCESS) { \
            ::tern::cuda::fail_cudnn_call(tern_status, #call, __FILE__, __LINE__);           \
        }                                                                                    \
    } while (false)
