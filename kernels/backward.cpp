#include "tern/kernels/backward.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/accumulate/accumulate.hpp"

namespace tern {

void backward(const Tensor& loss) {
    TERN_CHECK(loss.numel() == 1, "backward", "a loss is one number, got ", loss,
               "; give the gradient of a result of another shape");
    backward(loss, Tensor::full(loss.shape(), 1.0, loss.dtype(), loss.device()));
}

void backward(const Tensor& result, const Tensor& grad) { run_backward(result, grad, accumulate); }

}  // namespace tern
