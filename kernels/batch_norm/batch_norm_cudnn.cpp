#include "tern/core/devices/stream_scope.hpp"
#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/cudnn/descriptors_cudnn.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

namespace tern::batch_norm_passes {
namespace {

// Which pixel belongs to which image is nothing to CUDNN_BATCHNORM_SPATIAL, whose mean and variance are those
// of each channel; but 65,536 images of one pixel take it 8 times as long as 64 images (3.8 against 0.5 ms on
// an H200).
struct Descriptors {
    cudnn::TensorDescriptor pixels, channels;
    explicit Descriptors(const Tensor& x)
        : pixels(cudnn::pixels_descriptor(x)), channels(DType::float32, 1, 1, 1, x.dim(-1)) {}
};

constexpr auto kMode = CUDNN_BATCHNORM_SPATIAL;

template <class Pass>
bool accepts_one(const Pass& pass, std::string* why_not) {
    const Activation activation = pass.params.activation;
    if (activation != Activation::none) return refuse(why_not, "cuDNN's call applies no ", activation);
    if (pass.residual) return refuse(why_not, "cuDNN's call adds no residual");
    if (pass.x.numel() == pass.x.dim(-1)) return refuse(why_not, "more than one row only");
    return true;
}

constexpr float kOne = 1, kZero = 0;

}  // namespace

bool accepts(Cudnn, const Forward& pass, std::string* why_not) {
    return accepts_one(pass, why_not) && cudnn::accepts_call(tensors_of(pass), why_not);
}

bool accepts(Cudnn, const Backward& pass, std::string* why_not) {
    if (!accepts_one(pass, why_not)) return false;
    if (pass.dmean || pass.dvariance)
        return refuse(why_not, "cuDNN's call takes no gradients of the mean and variance");
    if (!pass.dx || !pass.dgamma || !pass.dbeta) return refuse(why_not, "cuDNN's call gives all gradients");
    return cudnn::accepts_call(tensors_of(pass), why_not);
}

// cuDNN gives mean and variance as running ones, the variance made unbiased.
void run(Cudnn, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &mean = pass.mean, &variance = pass.variance;
    const Descriptors of(x);
    const StreamScope scope(stream);  // for what is not cuDNN's
    mean.fill_zero();
    variance.fill_zero();
    constexpr double kAllOfTheBatch = 1;
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnBatchNormalizationForwardTraining(
        cuda::cudnn_handle(stream), kMode, &kOne, &kZero, of.pixels.get(), x.raw_data(), of.pixels.get(),
        pass.y.raw_data(), of.channels.get(), pass.gamma.raw_data(), pass.beta.raw_data(), kAllOfTheBatch,
        mean.raw_data(), variance.raw_data(), pass.params.epsilon, nullptr, nullptr));
    const auto rows = static_cast<double>(x.numel() / x.dim(-1));
    variance.copy_from(scale_shift(variance, (rows - 1) / rows, 0));
}

void run(Cudnn, const Backward& pass, const Stream& stream) {
    const double epsilon = pass.params.epsilon;
    const Descriptors of(pass.x);
    const StreamScope scope(stream);
    const Tensor inverse_deviation = reciprocal(sqrt(scale_shift(pass.variance, 1, epsilon)));
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnBatchNormalizationBackward(
        cuda::cudnn_handle(stream), kMode, &kOne, &kZero, &kOne, &kZero, of.pixels.get(), pass.x.raw_data(),
        of.pixels.get(), pass.dy.raw_data(), of.pixels.get(), pass.dx.raw_data(), of.channels.get(),
        pass.gamma.raw_data(), pass.dgamma.raw_data(), pass.dbeta.raw_data(), epsilon, pass.mean.raw_data(),
        inverse_deviation.raw_data()));
}

}  // namespace tern::batch_norm_passes
