#include "tern/kernels/rmsprop_step/rmsprop_step_passes.hpp"
#include "tern/kernels/shared/optimizer_cuda.cuh"

namespace tern::rmsprop_step_passes {
namespace {

// The learning rate lies on the device: a recorded step reads the new one each time it runs.
struct RmspropStep {
    static constexpr int kPack = cuda::kPackSize<float>;
    const float *w, *square, *buffer, *g, *mask;  // buffer and mask may be null
    const double* rate;
    const float* factor;  // of the gradients, null: 1
    float decay, alpha, one_minus_alpha, epsilon, momentum;
    float *new_w, *new_square, *new_buffer;

    template <int N>
    __device__ void run(std::int64_t i) const {
        const auto step = static_cast<float>(*rate);
        const float of_gradients = cuda::factor_at(factor);
        const auto decays = cuda::decays_at<N>(decay, mask, i);
        const auto gradients = cuda::load_pack<N>(g + i);
        auto weights = cuda::load_pack<N>(w + i), squares = cuda::load_pack<N>(square + i);
        cuda::Pack<float, N> buffers;
        if (buffer != nullptr) buffers = cuda::load_pack<N>(buffer + i);
        for (int v = 0; v < N && of_gradients != 0; ++v) {
            const float gradient = of_gradients * gradients[v] + decays[v] * weights[v];
            squares[v] = alpha * squares[v] + one_minus_alpha * gradient * gradient;
            float change = gradient / (sqrtf(squares[v]) + epsilon);
            if (buffer != nullptr) change = buffers[v] = momentum * buffers[v] + change;
            weights[v] -= step * change;
        }
        cuda::store_pack<N>(new_w + i, weights);
        cuda::store_pack<N>(new_square + i, squares);
        if (buffer != nullptr) cuda::store_pack<N>(new_buffer + i, buffers);
    }
};

float* data_or_null(const Tensor& tensor) { return tensor.defined() ? tensor.data<float>() : nullptr; }
const Tensor& this_or(const Tensor& tensor, const Tensor& other) { return tensor.defined() ? tensor : other; }

}  // namespace

void run(Cuda, const Step& pass, const Stream& stream) {
    const RmspropParams& params = pass.params;
    const RmspropStep work{pass.w.data<float>(),
                           pass.square.data<float>(),
                           data_or_null(pass.buffer),
                           pass.g.data<float>(),
                           data_or_null(pass.decay_mask),
                           pass.learning_rate.data<double>(),
                           data_or_null(pass.gradient_factor),
                           static_cast<float>(params.weight_decay),
                           static_cast<float>(params.alpha),
                           static_cast<float>(1 - params.alpha),
                           static_cast<float>(params.epsilon),
                           static_cast<float>(params.momentum),
                           pass.new_w.data<float>(),
                           pass.new_square.data<float>(),
                           data_or_null(pass.new_buffer)};
    launch_flat(work, pass.w.numel(),
                {pass.w, pass.square, this_or(pass.buffer, pass.w), pass.g, this_or(pass.decay_mask, pass.w),
                 pass.new_w, pass.new_square, this_or(pass.new_buffer, pass.w)},
                stream);
}

bool accepts(Cuda, const Step& pass, std::string* why_not) {
    return accepts_float32(tensor_references(pass.w), why_not);
}

}  // namespace tern::rmsprop_step_passes
