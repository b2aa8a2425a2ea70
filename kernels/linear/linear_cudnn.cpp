// All passes are matrix products over the rows of x (P, I) and dy (P, O) with w (O, I); cuBLASLt adds the
// bias as it stores.
#include "tern/kernels/cudnn/product.hpp"
#include "tern/kernels/linear/linear_passes.hpp"

namespace tern::linear_passes {

bool accepts(Cudnn, const Forward& pass, std::string* why_not) {
    return cudnn::accepts_product({pass.x}, {pass.w, true}, pass.bias, pass.y, why_not);
}

bool accepts(Cudnn, const BackwardInput& pass, std::string* why_not) {
    return cudnn::accepts_product({pass.dy}, {pass.w}, {}, pass.dx, why_not);
}

bool accepts(Cudnn, const BackwardWeight& pass, std::string* why_not) {
    return cudnn::accepts_product({pass.dy, true}, {pass.x}, {}, pass.dw, why_not);
}

void run(Cudnn, const Forward& pass, const Stream& stream) {
    cudnn::run_product({pass.x}, {pass.w, true}, pass.bias, pass.y, stream);
}

void run(Cudnn, const BackwardInput& pass, const Stream& stream) {
    cudnn::run_product({pass.dy}, {pass.w}, {}, pass.dx, stream);
}

void run(Cudnn, const BackwardWeight& pass, const Stream& stream) {
    cudnn::run_product({pass.dy, true}, {pass.x}, {}, pass.dw, stream);
}

}  // namespace tern::linear_passes
