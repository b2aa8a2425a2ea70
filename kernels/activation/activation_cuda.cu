#include "tern/kernels/activation/activation_cuda.cuh"

#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

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

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const auto activation = cuda::device_activation(pass.params);
    visit_cuda_floating(x.dtype(), [&]<class T>() {
        launch_flat(ActivationForward<T>{activation, x.data<T>(), y.data<T>()}, x.numel(), {x, y}, stream);
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &dy = pass.dy, &dx = pass.dx;
    const auto activation = cuda::device_activation(pass.params);
    visit_cuda_floating(x.dtype(), [&]<class T>() {
        launch_flat(ActivationBackward<T>{activation, x.data<T>(), dy.data<T>(), dx.data<T>()}, x.numel(),
                    {x, dy, dx}, stream);
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.x}, why_not);
}
bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.x}, why_not);
}

}  // namespace tern::activation_passes
