// Both ways one kernel: `cuda` in forward_cuda.cuh and backward_cuda.cuh, `cuda_mma` in forward_mma_cuda.cuh and
// backward_mma_cuda.cuh. Where the gradients of all weights do not fit into the shared memory of a block, `cuda` runs the
// kernels of the parts on temporary tensors in the backward pass.
#include <limits>
#include <numeric>
#include <type_traits>

#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/dispatch/upcast.hpp"
#include "tern/kernels/gemm/gemm_cuda.cuh"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/separable_conv2d/backward_cuda.cuh"
#include "tern/kernels/separable_conv2d/backward_mma_cuda.cuh"
#include "tern/kernels/separable_conv2d/forward_cuda.cuh"
#include "tern/kernels/separable_conv2d/forward_mma_cuda.cuh"
#include "tern/kernels/separable_conv2d/separable_conv2d_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern::separable_conv2d_passes {
namespace {

template <class T>
T* data_or_null(const Tensor& tensor) {
    return tensor ? tensor.data<T>() : nullptr;
}

template <class A>
A activation_of(const NormalizeParams& params) {
    if constexpr (std::is_same_v<A, Rectifier>)
        return {params.activation == Activation::relu ? 0.0f : std::numeric_limits<float>::quiet_NaN()};
    else
        return {cuda::device_activation({params.activation, params.slope})};
}

template <class T, class A, class Pass>
Input<T, A> input_of(const Pass& pass) {
    const NormalizeParams& params = pass.params.normalize;
    Input<T, A> input{
        pass.x.template data<T>(), data_or_null<T>(pass.residual), {}, activation_of<A>(params)};
    if (pass.mean)
        input.in = {pass.mean.template data<float>(), pass.variance.template data<float>(),
                    pass.gamma.template data<float>(), pass.beta.template data<float>(),
                    static_cast<float>(params.epsilon)};
    return input;
}

constexpr std::size_t kSharedBytes = 227 * 1024;  // of a block, of 228 KiB of a multiprocessor

/// Whether a block has so much.
template <class Layout, class... Args>
bool fits(const Geometry& g, Args... more) {
    constexpr int kMost = 1 << 14;  // whose taps alone are more; with it no offset overflows
    return g.channels <= kMost && g.outputs <= kMost && Layout(g, more...).bytes() <= kSharedBytes;
}

/// Launches a forward kernel by launch(OutputMoments), and their merge where it has any.
template <class T, class Launch>
void run_with_moments(const Forward& pass, const dim3& grid, const Geometry& g, const Stream& stream,
                      Launch launch) {
    if (!pass.y_mean) return launch(OutputMoments<T>{});
    const auto walkers = static_cast<int>(grid.y);
    const Tensor partial = Tensor::empty({walkers, 3, g.outputs}, DType::float32, pass.x.device());
    const double pixels = static_cast<double>(rows_of(pass.x.shape()));
    const cuda::Merging merging(
        MergeWalkers<T>{{pass.y_mean.data<float>(), pass.y_variance.data<float>(), pixels},
                        partial.data<float>(),
                        data_or_null<T>(pass.bias),
                        g.outputs},
        walkers, g.outputs, static_cast<int>(grid.x), stream);
    launch(OutputMoments<T>{merging.in_kernel()});
    merging.finish();
}

template <class T>
gemm::Output<T> output_of(const Forward& pass) {
    const Tensor& y = pass.y;
    const int outputs = static_cast<int>(y.dim(-1));
    gemm::Output<T> output{y.data<T>(), data_or_null<T>(pass.bias), static_cast<int>(rows_of(y.shape())),
                           outputs, outputs};
    output.wide = gemm::can_pack<T>(y, outputs);
    return output;
}

/// (tiles of outputs, blocks that share the tiles of pixels)
template <class Tile>
dim3 forward_grid(const Geometry& g) {
    constexpr int kWalkers = 264;  // two blocks for each of an H100's 132 multiprocessors
    const unsigned output_tiles = cuda::blocks_for(g.outputs, Tile::kColumns);
    return {output_tiles, g.blocks(std::max(1, kWalkers / static_cast<int>(std::max(1u, output_tiles))))};
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Geometry g(pass.x.shape(), pass.pointwise.dim(0));
    const dim3 grid = forward_grid<forward::Tile>(g);
    visit_cuda_packs(tensors_of(pass), g.channels, [&]<class T, int V>() {
        run_with_moments<T>(pass, grid, g, stream, [&](const OutputMoments<T>& moments) {
            cuda::launch(
                forward::separable_conv2d_forward_kernel<T, V>, {grid, dim3(forward::kThreads)}, stream,
                input_of<T, normalize_device::AnyActivation>(pass), pass.depthwise.data<T>(),
                gemm::MatrixOperand<T, true>{pass.pointwise.data<T>(), g.outputs, g.channels, g.channels},
                output_of<T>(pass), moments, data_or_null<T>(pass.a), g);
        });
    });
}

void run(CudaMma, const Forward& pass, const Stream& stream) {
    const Geometry g(pass.x.shape(), pass.pointwise.dim(0));
    const dim3 grid = forward_grid<forward_mma::Tile>(g);
    visit_cuda_packs(tensors_of(pass), g.channels, [&]<class T, int V>() {
        if constexpr (sizeof(T) == 2)
            run_with_moments<T>(pass, grid, g, stream, [&](const OutputMoments<T>& moments) {
                cuda::launch(forward_mma::separable_conv2d_forward_mma_kernel<T, V>,
                             {grid, dim3(forward_mma::kThreads),
                              forward_mma::SharedLayout(g, pass.residual.defined()).bytes()},
                             stream, input_of<T, Rectifier>(pass), pass.depthwise.data<T>(),
                             pass.pointwise.data<T>(), output_of<T>(pass), moments, data_or_null<T>(pass.a),
                             g);
            });
    });
}

namespace {

/// What the gradients of mean and variance add to that of every output, as NormalizeSlopes; dmean and
/// dvariance may be null.
struct SlopesOfMoments {
    const float *dmean, *dvariance;
    float rows;
    float *centred, *constant;

    __device__ void operator()(std::int64_t output) const {
        constant[output] = dmean == nullptr ? 0.0f : dmean[output] / rows;
        centred[output] = dvariance == nullptr ? 0.0f : 2 * dvariance[output] / rows;
    }
};

/// to += term
struct AddTo {
    const float* term;
    float* to;

    __device__ void operator()(std::int64_t i) const { to[i] += term[i]; }
};

/// separable_conv2d_grad.cpp has the formulas and the names. All float32.
class BackwardByParts {
  public:
    BackwardByParts(const Backward& pass, const Stream& stream) : pass_(pass), stream_(stream) {}

    void compute() const {
        const DepthwiseConv2dParams window{kSeparableWindow};
        const Tensor &x = pass_.x, &depthwise = pass_.depthwise, &dx = pass_.dx;
        const bool normalized = pass_.mean.defined();
        const Tensor a = normalized ? normalized_input() : x;
        const Tensor dz = gradient_of_output(), u = like(x);
        start(depthwise_conv2d_passes::Forward{.params = window, .x = a, .w = depthwise, .y = u});
        multiply({dz, true}, {u}, pass_.dpointwise);
        if (pass_.dbias) gemm::TERN_CUDA_FUNCTION(sum_columns)(dz, pass_.dbias, stream_);
        const Tensor& du = u;  // u has been read
        multiply({dz}, {pass_.pointwise}, du);
        start(depthwise_conv2d_passes::BackwardWeight{
            .params = window, .x = a, .dy = du, .dw = pass_.ddepthwise});
        if (!normalized && !dx) return;
        const Tensor& da = normalized ? a : dx;  // a has been read
        start(depthwise_conv2d_passes::BackwardInput{.params = window, .dy = du, .w = depthwise, .dx = da});
        if (!normalized) return;
        if (pass_.da) launch_elements(AddTo{pass_.da.data<float>(), da.data<float>()}, da.numel(), stream_);
        start(normalize_passes::BackwardReduce{.params = pass_.params.normalize,
                                               .x = x,
                                               .mean = pass_.mean,
                                               .variance = pass_.variance,
                                               .gamma = pass_.gamma,
                                               .beta = pass_.beta,
                                               .residual = pass_.residual,
                                               .dy = da,
                                               .dgamma = pass_.dgamma,
                                               .dbeta = pass_.dbeta,
                                               .dmean = pass_.dmean,
                                               .dvariance = pass_.dvariance});
        if (dx || pass_.dresidual)
            start(normalize_passes::BackwardInput{.params = pass_.params.normalize,
                                                  .x = x,
                                                  .mean = pass_.mean,
                                                  .variance = pass_.variance,
                                                  .gamma = pass_.gamma,
                                                  .beta = pass_.beta,
                                                  .residual = pass_.residual,
                                                  .dy = da,
                                                  .dx = dx ? dx : like(x),
                                                  .dresidual = pass_.dresidual});
    }

  private:
    static Tensor like(const Tensor& t) { return Tensor::empty(t.shape(), t.dtype(), t.device()); }

    template <class Part>
    void start(const Part& part) const {
        run(Cuda{}, part, stream_);
    }
    void multiply(const gemm::CudaMatrix& left, const gemm::CudaMatrix& right, const Tensor& to) const {
        gemm::TERN_CUDA_FUNCTION(multiply)(left, right, {}, to, gemm::Arithmetic::fma, stream_);
    }

    Tensor normalized_input() const {
        const Tensor a = like(pass_.x);
        start(normalize_passes::Forward{.params = pass_.params.normalize,
                                        .x = pass_.x,
                                        .mean = pass_.mean,
                                        .variance = pass_.variance,
                                        .gamma = pass_.gamma,
                                        .beta = pass_.beta,
                                        .residual = pass_.residual,
                                        .y = a});
        return a;
    }

    // dz: dy itself where mean and variance have no gradients, else by the kernel of a normalisation that
    // changes nothing but for the slopes.
    Tensor gradient_of_output() const {
        const Tensor &y = pass_.y, &y_mean = pass_.y_mean, &dmean = pass_.dy_mean,
                     &dvariance = pass_.dy_variance;
        if (!dmean && !dvariance) return pass_.dy;
        const Tensor ones = Tensor::full(y_mean.shape(), 1, DType::float32, y.device()), dz = like(y);
        const NormalizeSlopes slopes{like(y_mean), like(y_mean)};
        launch_elements(SlopesOfMoments{dmean ? dmean.data<float>() : nullptr,
                                        dvariance ? dvariance.data<float>() : nullptr,
                                        static_cast<float>(rows_of(y.shape())), slopes.centred.data<float>(),
                                        slopes.constant.data<float>()},
                        y_mean.numel(), stream_);
        const NormalizeParams identity{.epsilon = 0};
        const normalize_passes::BackwardInput part{.params = identity,
                                                   .x = y,
                                                   .mean = y_mean,
                                                   .variance = ones,
                                                   .gamma = ones,
                                                   .beta = ones,
                                                   .dy = pass_.dy,
                                                   .dx = dz};
        const auto all = tensors_of(part);
        TERN_CUDA_FUNCTION(normalize_gradient_input)({part, identity, all}, slopes, dz, {}, stream_);
        return dz;
    }

    const Backward& pass_;
    Stream stream_;
};

/// Launches a backward kernel by launch<T, V>(blocks, gradient, where to, the merge of their sums), and the merge where the
/// kernel leaves it. Layout: of its shared memory.
template <class Layout, class Launch>
void run_fused(const Backward& pass, const Geometry& g, const Stream& stream, Launch launch) {
    const Layout shared(g);
    const SumsLayout layout{shared.outputs, shared.channels};
    // All that run at once on 132 multiprocessors.
    const unsigned blocks = g.blocks(2 * shared.bytes() <= kSharedBytes ? 264 : 132);
    const Tensor partial = Tensor::empty({blocks, layout.size()}, DType::float32, pass.x.device());
    visit_cuda_packs(tensors_of(pass), std::gcd(g.channels, g.outputs), [&]<class T, int V>() {
        const OutputGradient<T> gradient{pass.dy.data<T>(),
                                         data_or_null<T>(pass.y),
                                         data_or_null<float>(pass.y_mean),
                                         data_or_null<float>(pass.dy_mean),
                                         data_or_null<float>(pass.dy_variance),
                                         1.0f / static_cast<float>(rows_of(pass.dy.shape()))};
        const InputGradients<T> to{data_or_null<T>(pass.da), data_or_null<T>(pass.dx),
                                   data_or_null<T>(pass.dresidual)};
        MergeSums<T> sums{.partial = partial.data<float>(),
                          .layout = layout,
                          .outputs = g.outputs,
                          .channels = g.channels,
                          .dpointwise = pass.dpointwise,
                          .ddepthwise = pass.ddepthwise,
                          .dbias = pass.dbias,
                          .normalization = {}};
        if (pass.mean) sums.normalization = merge_gradients_of(pass, pass.params.normalize.epsilon);
        const cuda::Merging merging(sums, static_cast<int>(blocks), layout.size(), 1, stream);
        launch.template operator()<T, V>(blocks, gradient, to, merging.in_kernel());
        merging.finish();
    });
}

// 16-bit tensors in float32: what the parts hand each other must not be rounded.
void run_parts(const Backward& pass, const Stream& stream) {
    const ErasedPass erased(pass);
    const Problem problem = erased.problem();
    if (!has_16_bits(problem)) return BackwardByParts(pass, stream).compute();
    const Upcast upcast(problem);
    upcast.upcast_inputs();
    BackwardByParts(as_pass<Backward>(upcast.problem()), stream).compute();
    upcast.round_outputs();
}

template <class Layout, class Pass, class... Args>
bool accepts_mma(const Pass& pass, std::string* why_not, Args... of_layout) {
    const Activation activation = pass.params.normalize.activation;
    if (pass.mean && activation != Activation::none && activation != Activation::relu)
        return refuse(why_not, "an activation other than none and relu: ", activation);
    const Geometry g(pass.x.shape(), pass.pointwise.dim(0));
    if (!fits<Layout>(g, of_layout...))
        return refuse(why_not, g.channels, " channels and ", g.outputs, " outputs take more than ",
                      kSharedBytes, " bytes of shared memory");
    return gemm::TERN_CUDA_FUNCTION(accepts_product)(tensors_of(pass), gemm::Arithmetic::mma, why_not);
}

bool accepts_fma(TensorRefs tensors, std::string* why_not) {
    return gemm::TERN_CUDA_FUNCTION(accepts_product)(tensors, gemm::Arithmetic::fma, why_not);
}

}  // namespace

void run(Cuda, const Backward& pass, const Stream& stream) {
    using backward::SharedLayout;
    const Geometry g(pass.x.shape(), pass.pointwise.dim(0));
    if (!fits<SharedLayout>(g)) return run_parts(pass, stream);
    run_fused<SharedLayout>(pass, g, stream,
                            [&]<class T, int V>(unsigned blocks, const auto& gradient, const auto& to,
                                                const cuda::BlockMerge<MergeSums<T>>& merge) {
                                cuda::launch(
                                    backward::separable_conv2d_backward_kernel<T, V>,
                                    {dim3(blocks), dim3(backward::kThreads), SharedLayout(g).bytes()}, stream,
                                    input_of<T, normalize_device::AnyActivation>(pass), gradient,
                                    pass.depthwise.data<T>(), pass.pointwise.data<T>(), to,
                                    pass.dbias.defined(), merge, g);
                            });
}

void run(CudaMma, const Backward& pass, const Stream& stream) {
    using backward_mma::SharedLayout;
    const Geometry g(pass.x.shape(), pass.pointwise.dim(0));
    run_fused<SharedLayout>(
        pass, g, stream,
        [&]<class T, int V>(unsigned blocks, const auto& gradient, const auto& to,
                            const cuda::BlockMerge<MergeSums<T>>& merge) {
            if constexpr (sizeof(T) == 2)
                cuda::launch(backward_mma::separable_conv2d_backward_mma_kernel<T, V>,
                             {dim3(blocks), dim3(backward_mma::kThreads), SharedLayout(g).bytes()}, stream,
                             input_of<T, Rectifier>(pass), gradient, pass.depthwise.data<T>(),
                             pass.pointwise.data<T>(), to, pass.dbias.defined(), merge, g);
        });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_fma(tensors_of(pass), why_not);
}
bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_fma(tensors_of(pass), why_not);
}
bool accepts(CudaMma, const Forward& pass, std::string* why_not) {
    return accepts_mma<forward_mma::SharedLayout>(pass, why_not, pass.residual.defined());
}
bool accepts(CudaMma, const Backward& pass, std::string* why_not) {
    return accepts_mma<backward_mma::SharedLayout>(pass, why_not);
}

}  // namespace tern::separable_conv2d_passes
