#include "tern/kernels/cudnn/convolution.hpp"

#include <list>

#include "tern/core/cuda/cudnn.hpp"
#include "tern/kernels/op.hpp"

namespace tern::cudnn {
namespace {

using cuda::cudnn;

// Plans are small, but a program with varying shapes must not grow: the least recently used one goes.
constexpr std::size_t kCachedPlans = 64;
constexpr std::size_t kWorkspaceLimit = std::size_t{256} << 20;

// An owner of a cuDNN descriptor.
template <class Descriptor>
class Owned {
  public:
    using Create = cudnnStatus_t (*)(Descriptor*);
    using Destroy = cudnnStatus_t (*)(Descriptor);
    Owned(Create create, Destroy destroy) : destroy_(destroy) { TERN_CUDNN_CHECK(create(&descriptor_)); }
    ~Owned() { destroy_(descriptor_); }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;

    Descriptor get() const { return descriptor_; }

  private:
    Destroy destroy_;
    Descriptor descriptor_ = nullptr;
};

cudnnDataType_t data_type(DType dtype) {
    switch (dtype) {
        case DType::float32:
            return CUDNN_DATA_FLOAT;
        case DType::bfloat16:
            return CUDNN_DATA_BFLOAT16;
        case DType::float16:
            return CUDNN_DATA_HALF;
        default:
            fail("cudnn", "no convolutions in ", dtype);
    }
}

// The algorithm that cuDNN's heuristics rank first among the deterministic ones within the workspace limit.
template <class Performance>
const Performance& first_usable(const std::vector<Performance>& ranked) {
    for (const Performance& candidate : ranked) {
        if (candidate.status == CUDNN_STATUS_SUCCESS && candidate.determinism == CUDNN_DETERMINISTIC &&
            candidate.memory <= kWorkspaceLimit) {
            return candidate;
        }
    }
    fail("cudnn", "no deterministic algorithm for this convolution within ", kWorkspaceLimit >> 20,
         " MiB of workspace; --kernels conv2d=cuda,depthwise_conv2d=cuda uses tern's own kernels");
}

struct Plan {
    Convolution key;
    Owned<cudnnTensorDescriptor_t> x{cudnn().cudnnCreateTensorDescriptor,
                                     cudnn().cudnnDestroyTensorDescriptor};
    Owned<cudnnTensorDescriptor_t> y{cudnn().cudnnCreateTensorDescriptor,
                                     cudnn().cudnnDestroyTensorDescriptor};
    Owned<cudnnFilterDescriptor_t> w{cudnn().cudnnCreateFilterDescriptor,
                                     cudnn().cudnnDestroyFilterDescriptor};
    Owned<cudnnConvolutionDescriptor_t> convolution{cudnn().cudnnCreateConvolutionDescriptor,
                                                    cudnn().cudnnDestroyConvolutionDescriptor};
    int algorithm = 0;
    std::size_t workspace_bytes = 0;

    Plan(const Convolution& c, cudnnHandle_t handle) : key(c) {
        const auto i = [](std::int64_t value) { return static_cast<int>(value); };
        const cudnnDataType_t type = data_type(c.dtype);
        TERN_CUDNN_CHECK(cudnn().cudnnSetTensor4dDescriptor(x.get(), CUDNN_TENSOR_NHWC, type, i(c.batch),
                                                            i(c.channels), i(c.height), i(c.width)));
        TERN_CUDNN_CHECK(cudnn().cudnnSetTensor4dDescriptor(y.get(), CUDNN_TENSOR_NHWC, type, i(c.batch),
                                                            i(c.out_channels), i(c.out_height),
                                                            i(c.out_width)));
        TERN_CUDNN_CHECK(cudnn().cudnnSetFilter4dDescriptor(w.get(), type, CUDNN_TENSOR_NHWC,
                                                            i(c.out_channels), i(c.channels / c.groups),
                                                            i(c.window.kernel_h), i(c.window.kernel_w)));
        TERN_CUDNN_CHECK(cudnn().cudnnSetConvolution2dDescriptor(
            convolution.get(), i(c.window.pad_top), i(c.window.pad_left), i(c.window.stride_h),
            i(c.window.stride_w), i(c.window.dilation_h), i(c.window.dilation_w), CUDNN_CROSS_CORRELATION,
            CUDNN_DATA_FLOAT));
        TERN_CUDNN_CHECK(cudnn().cudnnSetConvolutionGroupCount(convolution.get(), i(c.groups)));
        // FMA: float32 stays float32; the default would round its inputs to TF32.
        TERN_CUDNN_CHECK(cudnn().cudnnSetConvolutionMathType(
            convolution.get(), c.dtype == DType::float32 ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH));
        choose_algorithm(handle);
    }

    void choose_algorithm(cudnnHandle_t handle) {
        int count = 0;
        switch (key.pass) {
            case ConvolutionPass::forward: {
                std::vector<cudnnConvolutionFwdAlgoPerf_t> ranked(CUDNN_CONVOLUTION_FWD_ALGO_COUNT);
                TERN_CUDNN_CHECK(cudnn().cudnnGetConvolutionForwardAlgorithm_v7(
                    handle, x.get(), w.get(), convolution.get(), y.get(), static_cast<int>(ranked.size()),
                    &count, ranked.data()));
                ranked.resize(static_cast<std::size_t>(count));
                take(first_usable(ranked));
                break;
            }
            case ConvolutionPass::backward_input: {
                std::vector<cudnnConvolutionBwdDataAlgoPerf_t> ranked(CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT);
                TERN_CUDNN_CHECK(cudnn().cudnnGetConvolutionBackwardDataAlgorithm_v7(
                    handle, w.get(), y.get(), convolution.get(), x.get(), static_cast<int>(ranked.size()),
                    &count, ranked.data()));
                ranked.resize(static_cast<std::size_t>(count));
                take(first_usable(ranked));
                break;
            }
            case ConvolutionPass::backward_weight: {
                std::vector<cudnnConvolutionBwdFilterAlgoPerf_t> ranked(
                    CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT);
                TERN_CUDNN_CHECK(cudnn().cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                    handle, x.get(), y.get(), convolution.get(), w.get(), static_cast<int>(ranked.size()),
                    &count, ranked.data()));
                ranked.resize(static_cast<std::size_t>(count));
                take(first_usable(ranked));
                break;
            }
        }
    }

    template <class Performance>
    void take(const Performance& chosen) {
        algorithm = static_cast<int>(chosen.algo);
        workspace_bytes = chosen.memory;
    }
};

// The plan of this thread for a convolution; plans belong to a thread as handles do.
const Plan& plan_of(const Convolution& convolution, cudnnHandle_t handle) {
    thread_local std::list<Plan> plans;  // most recently used first
    for (auto plan = plans.begin(); plan != plans.end(); ++plan) {
        if (plan->key != convolution) continue;
        plans.splice(plans.begin(), plans, plan);
        return plans.front();
    }
    if (plans.size() == kCachedPlans) plans.pop_back();
    plans.emplace_front(convolution, handle);
    return plans.front();
}

}  // namespace

bool accepts_convolution(const Convolution& c, std::string* why_not) {
    if (c.dtype == DType::float64) return refuse(why_not, "float32 and 16-bit types only, got float64");
    const Window2d& w = c.window;
    if (w.pad_top != w.pad_bottom || w.pad_left != w.pad_right) return refuse(why_not, "uneven padding: ", w);
    if (c.batch == 0 || c.channels == 0 || c.out_channels == 0) return refuse(why_not, "no elements");
    return cuda::cudnn_available(why_not);
}

void run_convolution(const Convolution& convolution, const Tensor& a, const Tensor& b, const Tensor& result,
                     const Stream& stream) {
    cudnnHandle_t handle = cuda::cudnn_handle(stream);
    const Plan& plan = plan_of(convolution, handle);
    const Tensor workspace =
        Tensor::empty({static_cast<std::int64_t>(plan.workspace_bytes)}, DType::uint8, result.device());
    const float one = 1, zero = 0;
    switch (convolution.pass) {
        case ConvolutionPass::forward:
            TERN_CUDNN_CHECK(cudnn().cudnnConvolutionForward(
                handle, &one, plan.x.get(), a.raw_data(), plan.w.get(), b.raw_data(), plan.convolution.get(),
                static_cast<cudnnConvolutionFwdAlgo_t>(plan.algorithm), workspace.raw_data(),
                plan.workspace_bytes, &zero, plan.y.get(), result.raw_data()));
            return;
        case ConvolutionPass::backward_input:
            TERN_CUDNN_CHECK(cudnn().cudnnConvolutionBackwardData(
                handle, &one, plan.w.get(), b.raw_data(), plan.y.get(), a.raw_data(), plan.convolution.get(),
                static_cast<cudnnConvolutionBwdDataAlgo_t>(plan.algorithm), workspace.raw_data(),
                plan.workspace_bytes, &zero, plan.x.get(), result.raw_data()));
            return;
        case ConvolutionPass::backward_weight:
            TERN_CUDNN_CHECK(cudnn().cudnnConvolutionBackwardFilter(
                handle, &one, plan.x.get(), a.raw_data(), plan.y.get(), b.raw_data(), plan.convolution.get(),
                static_cast<cudnnConvolutionBwdFilterAlgo_t>(plan.algorithm), workspace.raw_data(),
                plan.workspace_bytes, &zero, plan.w.get(), result.raw_data()));
            return;
    }
}

}  // namespace tern::cudnn
