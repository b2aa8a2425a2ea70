// A thread per element: memory bounds all of them, and the kind is a branch that all threads take alike.
#include "tern/kernels/elementwise_loss/elementwise_loss_functions.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss_passes.hpp"
#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern::elementwise_loss_passes {
namespace {

template <class T>
struct LossForward {
    LossKind kind;
    float beta;
    const T *x, *target;
    float* loss;

    __device__ void operator()(std::int64_t i) const {
        loss[i] = loss_value(kind, beta, static_cast<float>(x[i]), static_cast<float>(target[i]));
    }
};

template <class T>
struct LossBackward {
    LossKind kind;
    float beta;
    const T *x, *target;
    const float* dloss;
    T* dx;

    __device__ void operator()(std::int64_t i) const {
        const float slope =
            loss_derivative(kind, beta, static_cast<float>(x[i]), static_cast<float>(target[i]));
        dx[i] = static_cast<T>(slope * dloss[i]);
    }
};

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    visit_cuda_floating(pass.x.dtype(), [&]<class T>() {
        const LossForward<T> work{pass.params.kind, static_cast<float>(pass.params.beta), pass.x.data<T>(),
                                  pass.target.data<T>(), pass.loss.data<float>()};
        launch_elements(work, pass.x.numel(), stream);
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    visit_cuda_floating(pass.x.dtype(), [&]<class T>() {
        const LossBackward<T> work{pass.params.kind,         static_cast<float>(pass.params.beta),
                                   pass.x.data<T>(),         pass.target.data<T>(),
                                   pass.dloss.data<float>(), pass.dx.data<T>()};
        launch_elements(work, pass.x.numel(), stream);
    });
}

}  // namespace tern::elementwise_loss_passes
