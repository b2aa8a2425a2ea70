// With sums over what broadcasting repeated:
//   add      da = dy                       db = dy
//   sub      da = dy                       db = -dy
//   mul      da = b dy                     db = a dy
//   div      da = dy / b                   db = -a / b^2 dy
//   maximum  da = [a > b] dy               db = [b > a] dy               dy / 2 each where a = b
//   minimum  da = [a < b] dy               db = [b < a] dy               dy / 2 each where a = b
//   pow      da = b a^(b-1) dy             db = a^b log(a) dy
// Saved: nothing for add and sub, else a and b.
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/reduce/reduce.hpp"

namespace tern::elementwise_binary_passes {
namespace {

bool is_linear(BinaryKind kind) { return kind == BinaryKind::add || kind == BinaryKind::sub; }

class ElementwiseBinaryBackward : public Function {
  public:
    ElementwiseBinaryBackward(const Shape& a, const Shape& b, const ElementwiseBinaryParams& params)
        : shape_a_(a), shape_b_(b), params_(params) {}

    const char* name() const override { return "elementwise_binary"; }

    Tensors backward(const Tensors& grads) override {
        static const Pass& backward_a = elementwise_binary_op().pass("backward_a");
        static const Pass& backward_b = elementwise_binary_op().pass("backward_b");
        const Tensor& dy = grads[0];
        Tensor da, db;
        if (is_linear(params_.kind)) {
            if (needs_input_grad(0)) da = sum_to(dy, shape_a_);
            if (needs_input_grad(1)) db = sum_to(dy, shape_b_);
            if (params_.kind == BinaryKind::sub && db.defined()) db = neg(db);
        } else {
            if (needs_input_grad(0)) da = sum_to(run(backward_a, dy), shape_a_);
            if (needs_input_grad(1)) db = sum_to(run(backward_b, dy), shape_b_);
        }
        return {da, db};
    }

  private:
    Tensor run(const Pass& pass, const Tensor& dy) const {
        const Tensor result = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
        run_pass(pass, ParamsRef(params_), {saved(0), saved(1), dy}, {result});
        return result;
    }

    Shape shape_a_, shape_b_;
    ElementwiseBinaryParams params_;
};

}  // namespace

void record_grad(const Tensor& a, const Tensor& b, const Tensor& output,
                 const ElementwiseBinaryParams& params) {
    auto* function =
        Function::record<ElementwiseBinaryBackward>({a, b}, {output}, a.shape(), b.shape(), params);
    if (function == nullptr || is_linear(params.kind)) return;
    function->save(a);
    function->save(b);
}

}  // namespace tern::elementwise_binary_passes
