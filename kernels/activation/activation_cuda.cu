#include "tern/kernels/activation/activation_cuda.cuh"

#include "tern/kernels/flat_cuda.cuh"

namespace tern::activation_passes {
namespace {

template <class T>
struct ActivationForward {
    static constexpr int kPack = cuda::kPackSize<T>;
    cuda::DeviceActivation activation;
    const T* x;
    T* y;

    template <int N>
    __device__ void run(std::int64_t i) const {
        float values[N];
        cuda::load_floats(x + i, values);
        cuda::activate(activation, values);
        cuda::store_floats(values, y + i);
    }
};

template <class T>
struct ActivationBackward {
    static constexpr int kPack = cuda::kPackSize<T>;
    cuda::DeviceActivation activation;
    const T *x, *dy;
    T* dx;

    template <int N>
    __device__ void run(std::int64_t i) const {
        float values[N], grads[N];
        cuda::load_floats(x + i, values);
        cuda::load_floats(dy + i, grads);
        cuda::activate_backward(activation, values, grads);
        cuda::store_floats(grads, dx + i);
    }
};

}  // namespace

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    const Tensor &x = problem.inputs[0], &y = problem.outputs[0];
    const auto activation = cuda::device_activation(problem.params<ActivationParams>());
    visit_cuda_floating(x.dtype(), [&]<class T>() {
        launch_flat(ActivationForward<T>{activation, x.data<T>(), y.data<T>()}, x.numel(), {x, y}, stream);
    });
}

void TERN_CUDA_PASS(backward)(const Problem& problem, const Stream& stream) {
    const Tensor &x = problem.inputs[0], &dy = problem.inputs[1], &dx = problem.outputs[0];
    const auto activation = cuda::device_activation(problem.params<ActivationParams>());
    visit_cuda_floating(x.dtype(), [&]<class T>() {
        launch_flat(ActivationBackward<T>{activation, x.data<T>(), dy.data<T>(), dx.data<T>()}, x.numel(),
                    {x, dy, dx}, stream);
    });
}

bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    return accepts_cuda_types({problem.inputs[0]}, why_not);
}

}  // namespace tern::activation_passes
