// All passes are matrix products over the rows of x (P, I) and dy (P, O) with w (O, I).
#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/op.hpp"

namespace tern::linear_passes {

using gemm::Matrix;
using gemm::Products;

namespace {

void forward(const Problem& problem, Products products) {
    const Tensor &x = problem.inputs[0], &w = problem.inputs[1], &bias = problem.inputs[2];
    gemm::multiply(Matrix::rows_of(x), Matrix::rows_of(w).transposed(), bias ? bias.data<float>() : nullptr,
                   problem.outputs[0].data<float>(), products);
}

void backward_input(const Problem& problem, Products products) {
    const Tensor &dy = problem.inputs[0], &w = problem.inputs[1];
    gemm::multiply(Matrix::rows_of(dy), Matrix::rows_of(w), nullptr, problem.outputs[0].data<float>(),
                   products);
}

void backward_weight(const Problem& problem, Products products) {
    const Tensor &x = problem.inputs[0], &dy = problem.inputs[1];
    gemm::multiply(Matrix::rows_of(dy).transposed(), Matrix::rows_of(x), nullptr,
                   problem.outputs[0].data<float>(), products);
}

}  // namespace

void forward_cpu(const Problem& problem, const Stream&) { forward(problem, Products::float32); }
void backward_input_cpu(const Problem& problem, const Stream&) { backward_input(problem, Products::float32); }
void backward_weight_cpu(const Problem& problem, const Stream&) {
    backward_weight(problem, Products::float32);
}
void forward_cpu_bf16(const Problem& problem, const Stream&) { forward(problem, Products::bfloat16); }
void backward_input_cpu_bf16(const Problem& problem, const Stream&) {
    backward_input(problem, Products::bfloat16);
}
void backward_weight_cpu_bf16(const Problem& problem, const Stream&) {
    backward_weight(problem, Products::bfloat16);
}

void backward_bias_cpu(const Problem& problem, const Stream&) {
    const Matrix dy = Matrix::rows_of(problem.inputs[0]);
    gemm::sum_columns(dy.data, dy.rows, dy.columns, problem.outputs[0].data<float>());
}

}  // namespace tern::linear_passes
