#include "tern/kernels/cudnn/convolution.hpp"

#include "tern/kernels/cudnn/descriptors_cudnn.hpp"

namespace tern::cudnn {
namespace {

using cuda::cudnn;

constexpr std::size_t kWorkspaceLimit = std::size_t{256} << 20;

struct Plan {
    Convolution key;
    TensorDescriptor x, y, bias;
    Owned<cudnnFilterDescriptor_t, cudnnStatus_t> w =
        owned(cudnn().cudnnCreateFilterDescriptor, cudnn().cudnnDestroyFilterDescriptor);
    Owned<cudnnConvolutionDescriptor_t, cudnnStatus_t> convolution =
        owned(cudnn().cudnnCreateConvolutionDescriptor, cudnn().cudnnDestroyConvolutionDescriptor);
    Owned<cudnnActivationDescriptor_t, cudnnStatus_t> identity =
        owned(cudnn().cudnnCreateActivationDescriptor, cudnn().cudnnDestroyActivationDescriptor);
    bool usable = false;  // there is an algorithm
    int algorithm = 0;
    std::size_t workspace_bytes = 0;

    Plan(const Convolution& c, cudnnHandle_t handle)
        : key(c),
          x(c.dtype, c.batch, c.height, c.width, c.channels),
          y(c.dtype, c.batch, c.out_height, c.out_width, c.out_channels),
          bias(c.dtype, 1, 1, 1, c.out_channels) {
        const auto i = [](std::int64_t value) { return static_cast<int>(value); };
        TERN_CUDNN_CHECK(cudnn().cudnnSetFilter4dDescriptor(w.get(), data_type(c.dtype), CUDNN_TENSOR_NHWC,
                                                            i(c.out_channels), i(c.channels / c.groups),
                                                            i(c.window.kernel_h), i(c.window.kernel_w)));
        TERN_CUDNN_CHECK(cudnn().cudnnSetConvolution2dDescriptor(
            convolution.get(), i(c.window.pad_top), i(c.window.pad_left), i(c.window.stride_h),
            i(c.window.stride_w), i(c.window.dilation_h), i(c.window.dilation_w), CUDNN_CROSS_CORRELATION,
            CUDNN_DATA_FLOAT));
        TERN_CUDNN_CHECK(cudnn().cudnnSetConvolutionGroupCount(convolution.get(), i(c.groups)));
        TERN_CUDNN_CHECK(cudnn().cudnnSetActivationDescriptor(identity.get(), CUDNN_ACTIVATION_IDENTITY,
                                                              CUDNN_PROPAGATE_NAN, 0.0));
        // FMA: float32 stays float32; the default would round its inputs to TF32.
        set_math(c.dtype == DType::float32 ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH);
        choose_algorithm(handle);
    }

  private:
    void set_math(cudnnMathType_t type) const {
        TERN_CUDNN_CHECK(cudnn().cudnnSetConvolutionMathType(convolution.get(), type));
    }

    void choose_algorithm(cudnnHandle_t handle) {
        switch (key.pass) {
            case ConvolutionPass::forward:
                if (key.with_bias)
                    choose_for_bias(handle);
                else
                    choose<cudnnConvolutionFwdAlgoPerf_t>(cudnn().cudnnGetConvolutionForwardAlgorithm_v7,
                                                          cudnn().cudnnGetConvolutionForwardWorkspaceSize,
                                                          handle, x.get(), w.get(), convolution.get(),
                                                          y.get());
                return;
            case ConvolutionPass::backward_input:
                choose<cudnnConvolutionBwdDataAlgoPerf_t>(
                    cudnn().cudnnGetConvolutionBackwardDataAlgorithm_v7,
                    cudnn().cudnnGetConvolutionBackwardDataWorkspaceSize, handle, w.get(), y.get(),
                    convolution.get(), x.get());
                return;
            case ConvolutionPass::backward_weight:
                choose<cudnnConvolutionBwdFilterAlgoPerf_t>(
                    cudnn().cudnnGetConvolutionBackwardFilterAlgorithm_v7,
                    cudnn().cudnnGetConvolutionBackwardFilterWorkspaceSize, handle, x.get(), y.get(),
                    convolution.get(), w.get());
                return;
        }
    }

    // What cuDNN's heuristics rank first among the deterministic algorithms within the limit. A candidate is
    // meant with its own math type, and the workspace that it needs is known once that is set: the number in
    // the ranking can be smaller.
    template <class Performance, class Rank, class Workspace, class... Descriptors>
    void choose(Rank rank, Workspace workspace, cudnnHandle_t handle, Descriptors... descriptors) {
        constexpr int kMostCandidates = 16;  // 8 algorithms, with and without tensor cores
        std::vector<Performance> ranked(kMostCandidates);
        int count = 0;
        TERN_CUDNN_CHECK(rank(handle, descriptors..., kMostCandidates, &count, ranked.data()));
        ranked.resize(static_cast<std::size_t>(count));
        for (const Performance& candidate : ranked) {
            if (candidate.status != CUDNN_STATUS_SUCCESS || candidate.determinism != CUDNN_DETERMINISTIC)
                continue;
            if (key.dtype != DType::float32) set_math(candidate.mathType);
            if (take(candidate.algo, workspace(handle, descriptors..., candidate.algo, &workspace_bytes)))
                return;
        }
    }

    // The one algorithm that adds a bias without an activation, as cudnnConvolutionBiasActivationForward's
    // documentation says.
    void choose_for_bias(cudnnHandle_t handle) {
        constexpr auto kAlgorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
        take(kAlgorithm,
             cudnn().cudnnGetConvolutionForwardWorkspaceSize(handle, x.get(), w.get(), convolution.get(),
                                                             y.get(), kAlgorithm, &workspace_bytes));
    }

    bool take(int chosen, cudnnStatus_t status) {
        algorithm = chosen;
        usable = status == CUDNN_STATUS_SUCCESS && workspace_bytes <= kWorkspaceLimit;
        return usable;
    }
};

bool has_plan(Convolution convolution, std::string* why_not) {
    if (convolution.device.type != DeviceType::cuda) convolution.device = Device::cuda();
    try {
        if (plan_of<Plan>(convolution, cuda::cudnn_handle(current_stream(convolution.device))).usable)
            return true;
    } catch (const Error& error) {  // no device, or descriptors that cuDNN does not take
        return refuse(why_not, error.what());
    }
    return refuse(why_not, "no deterministic algorithm within ", kWorkspaceLimit >> 20, " MiB of workspace");
}

}  // namespace

bool accepts_convolution(const Convolution& c, std::string* why_not) {
    if (c.dtype == DType::float64) return refuse(why_not, "float32 and 16-bit types only, got float64");
    const Window2d& w = c.window;
    if (w.pad_top != w.pad_bottom || w.pad_left != w.pad_right) return refuse(why_not, "uneven padding: ", w);
    if (c.batch == 0 || c.channels == 0 || c.out_channels == 0) return refuse(why_not, "no elements");
    return cuda::cudnn_available(why_not) && has_plan(c, why_not);
}

void run_convolution(const Convolution& convolution, const Tensor& a, const Tensor& b, const Tensor& bias,
                     const Tensor& result, const Stream& stream) {
    cudnnHandle_t handle = cuda::cudnn_handle(stream);
    const auto& plan = plan_of<Plan>(convolution, handle);
    TERN_CHECK(plan.usable, "cudnn", "no deterministic algorithm for this convolution");
    const Tensor workspace =
        Tensor::empty({static_cast<std::int64_t>(plan.workspace_bytes)}, DType::uint8, result.device());
    const float one = 1, zero = 0;
    switch (convolution.pass) {
        case ConvolutionPass::forward: {
            const auto algorithm = static_cast<cudnnConvolutionFwdAlgo_t>(plan.algorithm);
            if (convolution.with_bias) {
                // z is scaled with 0 and not read.
                TERN_CUDNN_CHECK(cudnn().cudnnConvolutionBiasActivationForward(
                    handle, &one, plan.x.get(), a.raw_data(), plan.w.get(), b.raw_data(),
                    plan.convolution.get(), algorithm, workspace.raw_data(), plan.workspace_bytes, &zero,
                    plan.y.get(), result.raw_data(), plan.bias.get(), bias.raw_data(), plan.identity.get(),
                    plan.y.get(), result.raw_data()));
                return;
            }
            TERN_CUDNN_CHECK(cudnn().cudnnConvolutionForward(
                handle, &one, plan.x.get(), a.raw_data(), plan.w.get(), b.raw_data(), plan.convolution.get(),
                algorithm, workspace.raw_data(), plan.workspace_bytes, &zero, plan.y.get(),
                result.raw_data()));
            return;
        }
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
