// Both ways one kernel, in forward_cuda.cuh and backward_cuda.cuh. Where the gradients of all weights do not fit into the shared
// memory of a block, the backward pass runs the kernels of the parts on temporary tensors.
#include <numeric>

#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/dispatch/upcast.hpp"
#include "tern/kernels/gemm/gemm_cuda.cuh"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/separable_conv2d/backward_cuda.cuh"
#include "tern/kernels/separable_conv2d/forward_cuda.cuh"
#include "tern/kernels/separable_conv2d/separable_conv2d_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern::separable_conv2d_passes {
namespace {

template <class T>
T* data_or_null(const Tensor& tensor) {
    return tensor ? tensor.data<T>() : nullptr;
}

template <class T, class Pass>
Input<T> input_of(const Pass& pass) {
    const NormalizeParams& params = pass.params.normalize;
    Input<T> input{pass.x.template data<T>(),
                   data_or_null<T>(pass.residual),
                   {},
                   cuda::device_activation({params.activation, params.slope})};
    if (pass.mean)
        input.in = {pass.mean.template data<float>(), pass.variance.template data<float>(),
                    pass.gamma.template data<float>(), pass.beta.template data<float>(),
                    static_cast<float>(params.epsilon)};
    return input;
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    using forward::Tile;
    const Tensor &x = pass.x, &y = pass.y;
    const Geometry g(x.shape(), pass.pointwise.dim(0));
    const unsigned output_tiles = cuda::blocks_for(g.outputs, Tile::kColumns);
    const unsigned walkers =
        g.blocks(std::max(1, forward::kWalkers / static_cast<int>(std::max(1u, output_tiles))));
    visit_cuda_packs(tensors_of(pass), g.channels, [&]<class T, int V>() {
        gemm::Output<T> output{y.data<T>(), data_or_null<T>(pass.bias), static_cast<int>(rows_of(y.shape())),
                               g.outputs, g.outputs};
        output.wide = gemm::can_pack<T>(y, g.outputs);
        Tensor partial;
        OutputMoments moments{};
        if (pass.y_mean) {
            partial = Tensor::empty({walkers, 3, g.outputs}, DType::float32, x.device());
            moments = {partial.data<float>(), pass.y_mean.data<float>(), pass.y_variance.data<float>(),
                       cuda::arrivals(stream)};
        }
        cuda::launch(
            forward::separable_conv2d_forward_kernel<T, V>,
            {dim3(output_tiles, walkers), dim3(forward::kThreads)}, stream, input_of<T>(pass),
            pass.depthwise.data<T>(),
            gemm::MatrixOperand<T, true>{pass.pointwise.data<T>(), g.outputs, g.channels, g.channels}, output,
            moments, data_or_null<T>(pass.a), g);
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

constexpr std::size_t kSharedBytes = 227 * 1024;  // of a block, of 228 KiB of a multiprocessor

bool fits(const Geometry& g) { return backward::SharedLayout(g).bytes() <= kSharedBytes; }

void run_fused(const Backward& pass, const Geometry& g, const Stream& stream) {
    const backward::SharedLayout shared(g);
    const backward::SumsLayout layout{shared.outputs, shared.channels};
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
        cuda::launch(backward::separable_conv2d_backward_kernel<T, V>,
                     {dim3(blocks), dim3(backward::kThreads), shared.bytes()}, stream, input_of<T>(pass),
                     gradient, pass.depthwise.data<T>(), pass.pointwise.data<T>(), to, pass.dbias.defined(),
                     partial.data<float>(), g);
        visit_gradient_type<T>(pass.dpointwise.dtype(), [&]<class R>() {
            backward::Results<R> results{
                pass.dpointwise.data<R>(), pass.ddepthwise.data<R>(), data_or_null<R>(pass.dbias), {}};
            if (pass.mean)
                results.normalization = {pass.variance.data<float>(),   pass.gamma.data<float>(),
                                         pass.params.normalize.epsilon, pass.dgamma.data<float>(),
                                         pass.dbeta.data<float>(),      pass.dmean.data<float>(),
                                         pass.dvariance.data<float>()};
            cuda::launch(backward::separable_conv2d_merge_kernel<R>,
                         {dim3(cuda::blocks_for(layout.size(), backward::kMergeColumns)),
                          dim3(backward::kMergeColumns, backward::kMergeRows)},
                         stream, partial.data<float>(), static_cast<int>(blocks), layout, results,
                         pass.mean.defined(), g.outputs, g.channels);
        });
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

bool accepts_sizes(TensorRefs tensors, std::string* why_not) {
    return gemm::TERN_CUDA_FUNCTION(accepts_product)(tensors, gemm::Arithmetic::fma, why_not);
}

}  // namespace

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Geometry g(pass.x.shape(), pass.pointwise.dim(0));
    if (fits(g))
        run_fused(pass, g, stream);
    else
        run_parts(pass, stream);
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_sizes(tensors_of(pass), why_not);
}
bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_sizes(tensors_of(pass), why_not);
}

}  // namespace tern::separable_conv2d_passes
