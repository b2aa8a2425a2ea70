// C = A B with A = op(a), B = op(b):
//   dA = dC B^T, so da = dC B^T, or its transpose B dC^T where a is transposed
//   dB = A^T dC, so db = A^T dC, or its transpose dC^T A where b is transposed
// with sums over what broadcasting repeated. Saved: a, b.
#include "tern/core/autograd.hpp"
#include "tern/kernels/matmul/matmul_passes.hpp"
#include "tern/kernels/reduce/reduce.hpp"

namespace tern::matmul_passes {
namespace {

class MatmulFunction : public Function {
  public:
    explicit MatmulFunction(const MatmulParams& params) : params_(params) {}

    const char* name() const override { return "matmul"; }

    Tensors backward(const Tensors& grads) override {
        const auto [transpose_a, transpose_b] = params_;
        const Tensor a = saved(0), b = saved(1), dc = grads[0];
        Tensor da, db;
        if (needs_input_grad(0))
            da = transpose_a ? matmul(b, dc, transpose_b, true) : matmul(dc, b, false, !transpose_b);
        if (needs_input_grad(1))
            db = transpose_b ? matmul(dc, a, true, transpose_a) : matmul(a, dc, !transpose_a, false);
        if (da.defined()) da = sum_to(da, a.shape());
        if (db.defined()) db = sum_to(db, b.shape());
        return {da, db};
    }

  private:
    MatmulParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    if (auto* function = Function::record<MatmulFunction>({pass.a, pass.b}, {pass.c}, pass.params)) {
        function->save(pass.a);
        function->save(pass.b);
    }
}

}  // namespace tern::matmul_passes
