// All passes are matrix products over the rows of x (P, I) and dy (P, O) with w (O, I).
#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/linear/linear_passes.hpp"

namespace tern::linear_passes {

using gemm::Matrix;
using gemm::Products;

namespace {

void multiply(const Forward& pass, Products products) {
    gemm::multiply_by_weights(Matrix::rows_of(pass.x), pass.w, pass.bias ? pass.bias.data<float>() : nullptr,
                              pass.y.data<float>(), products);
}

void multiply(const BackwardInput& pass, Products products) {
    gemm::multiply(Matrix::rows_of(pass.dy), Matrix::rows_of(pass.w), nullptr, pass.dx.data<float>(),
                   products);
}

void multiply(const BackwardWeight& pass, Products products) {
    gemm::multiply(Matrix::rows_of(pass.dy).transposed(), Matrix::rows_of(pass.x), nullptr,
                   pass.dw.data<float>(), products);
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) { multiply(pass, Products::float32); }
void run(Cpu, const BackwardInput& pass, const Stream&) { multiply(pass, Products::float32); }
void run(Cpu, const BackwardWeight& pass, const Stream&) { multiply(pass, Products::float32); }
void run(CpuBf16, const Forward& pass, const Stream&) { multiply(pass, Products::bfloat16); }
void run(CpuBf16, const BackwardInput& pass, const Stream&) { multiply(pass, Products::bfloat16); }
void run(CpuBf16, const BackwardWeight& pass, const Stream&) { multiply(pass, Products::bfloat16); }

void run(Cpu, const BackwardBias& pass, const Stream&) {
    const Matrix dy = Matrix::rows_of(pass.dy);
    gemm::sum_columns(dy.data, dy.rows, dy.columns, pass.dbias.data<float>());
}

}  // namespace tern::linear_passes
