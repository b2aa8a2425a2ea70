#include "tern/kernels/batch_norm/batch_norm.hpp"

#include "tern/core/stream_scope.hpp"
#include "tern/kernels/cudnn/descriptors_cudnn.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

namespace tern::batch_norm_passes {
namespace {

// Which pixel belongs to which image is nothing to CUDNN_BATCHNORM_SPATIAL, whose moments are those of each
// channel; but 65,536 images of one pixel take it 8 times as long as 64 images (3.8 against 0.5 ms on an
// H200).
struct Descriptors {
    cudnn::TensorDescriptor pixels, channels;
    explicit Descriptors(const Tensor& x)
        : pixels(cudnn::pixels_descriptor(x)), channels(DType::float32, 1, 1, 1, x.dim(-1)) {}
};

constexpr auto kMode = CUDNN_BATCHNORM_SPATIAL;

bool is_forward(const Problem& problem) { return problem.pass.name == std::string_view("forward"); }

// cuDNN tells the moments as running ones, with a variance that is made unbiased.
void forward(const Problem& problem, const Stream& stream) {
    const auto &in = problem.inputs, &out = problem.outputs;
    const Tensor &x = in[0], &mean = out[1], &variance = out[2];
    const Descriptors of(x);
    const StreamScope scope(stream);  // for what is not cuDNN's
    mean.fill_zero();
    variance.fill_zero();
    const float one = 1, zero = 0;
    constexpr double kAllOfTheBatch = 1;
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnBatchNormalizationForwardTraining(
        cuda::cudnn_handle(stream), kMode, &one, &zero, of.pixels.get(), x.raw_data(), of.pixels.get(),
        out[0].raw_data(), of.channels.get(), in[1].raw_data(), in[2].raw_data(), kAllOfTheBatch,
        mean.raw_data(), variance.raw_data(), problem.params<NormalizeParams>().epsilon, nullptr, nullptr));
    const auto rows = static_cast<double>(x.numel() / x.dim(-1));
    variance.copy_from(scale_shift(variance, (rows - 1) / rows, 0));
}

void backward(const Problem& problem, const Stream& stream) {
    const auto &in = problem.inputs, &out = problem.outputs;
    const Tensor &x = in[0], &mean = in[1], &dy = in[6];
    const double epsilon = problem.params<NormalizeParams>().epsilon;
    const Descriptors of(x);
    const StreamScope scope(stream);
    const Tensor inverse_deviation = reciprocal(sqrt(scale_shift(in[2], 1, epsilon)));
    const float one = 1, zero = 0;
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnBatchNormalizationBackward(
        cuda::cudnn_handle(stream), kMode, &one, &zero, &one, &zero, of.pixels.get(), x.raw_data(),
        of.pixels.get(), dy.raw_data(), of.pixels.get(), out[0].raw_data(), of.channels.get(),
        in[3].raw_data(), out[1].raw_data(), out[2].raw_data(), epsilon, mean.raw_data(),
        inverse_deviation.raw_data()));
}

}  // namespace

bool accepts_cudnn(const Problem& problem, std::string* why_not) {
    const auto& in = problem.inputs;
    const Activation activation = problem.params<NormalizeParams>().activation;
    if (activation != Activation::none) return refuse(why_not, "cuDNN's call applies no ", activation);
    if (in[is_forward(problem) ? 3 : 5].defined()) return refuse(why_not, "cuDNN's call adds no residual");
    if (in[0].numel() == in[0].dim(-1)) return refuse(why_not, "more than one row only");
    if (!is_forward(problem)) {
        if (in[7].defined() || in[8].defined())
            return refuse(why_not, "cuDNN's call takes no gradients of the moments");
        for (std::size_t i = 0; i < 3; ++i)
            if (!problem.outputs[i].defined()) return refuse(why_not, "cuDNN's call gives all gradients");
    }
    return cudnn::accepts_call(tensors_of(problem), why_not);
}

void run_cudnn(const Problem& problem, const Stream& stream) {
    (is_forward(problem) ? forward : backward)(problem, stream);
}

}  // namespace tern::batch_norm_passes
