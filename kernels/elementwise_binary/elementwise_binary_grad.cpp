// With sums over what broadcasting repeated:
//   add      da = dy                       db = dy
//   sub      da = dy                       db = -dy
//   mul      da = b dy                     db = a dy
//   div      da = dy / b                   db = -(a / b) / b dy
//   maximum  da = [a > b] dy               db = [b > a] dy               dy / 2 each where a = b
//   minimum  da = [a < b] dy               db = [b < a] dy               dy each where one is a NaN
//   pow      da = b a^(b-1) dy             db = a^b log(a) dy
// mul and div run forward passes where those are the same, so that nothing is saved that no gradient needs: of x * 2
// the number alone. Saved: nothing for add and sub, for mul the factor of each gradient, for div b and, if b gets a
// gradient, a; else a and b.
#include "tern/core/autograd.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/reduce/reduce.hpp"

namespace tern::elementwise_binary_passes {
namespace {

bool is_linear(BinaryKind kind) { return kind == BinaryKind::add || kind == BinaryKind::sub; }

class ElementwiseBinaryFunction : public Function {
  public:
    ElementwiseBinaryFunction(const Shape& a, const Shape& b, const ElementwiseBinaryParams& params)
        : shape_a_(a), shape_b_(b), params_(params) {}

    const char* name() const override { return "elementwise_binary"; }

    Tensors backward(const Tensors& grads) override {
        const Tensor& dy = grads[0];
        Tensor da, db;
        if (is_linear(params_.kind)) {
            if (needs_input_grad(0)) da = sum_to(dy, shape_a_);
            if (needs_input_grad(1)) db = sum_to(dy, shape_b_);
            if (params_.kind == BinaryKind::sub && db.defined()) db = neg(db);
        } else {
            if (needs_input_grad(0)) da = sum_to(gradient_of_a(dy), shape_a_);
            if (needs_input_grad(1)) db = sum_to(gradient_of_b(dy), shape_b_);
        }
        return {da, db};
    }

  private:
    Tensor gradient_of_a(const Tensor& dy) const {
        if (params_.kind == BinaryKind::mul) return mul(saved(1), dy);
        if (params_.kind == BinaryKind::div) return div(dy, saved(1));
        const Tensor da = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
        run_pass(BackwardA{.params = params_, .a = saved(0), .b = saved(1), .dy = dy, .da = da});
        return da;
    }
    Tensor gradient_of_b(const Tensor& dy) const {
        if (params_.kind == BinaryKind::mul) return mul(saved(0), dy);
        const Tensor db = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
        run_pass(BackwardB{.params = params_, .a = saved(0), .b = saved(1), .dy = dy, .db = db});
        return db;
    }

    Shape shape_a_, shape_b_;
    ElementwiseBinaryParams params_;
};

}  // namespace

void record_grad(const Forward& pass) {
    auto* function = Function::record<ElementwiseBinaryFunction>({pass.a, pass.b}, {pass.y}, pass.a.shape(),
                                                                 pass.b.shape(), pass.params);
    if (function == nullptr || is_linear(pass.params.kind)) return;
    const bool mul = pass.params.kind == BinaryKind::mul, div = pass.params.kind == BinaryKind::div;
    function->save((mul || div) && !pass.b.requires_grad() ? Tensor() : pass.a);
    function->save(mul && !pass.a.requires_grad() ? Tensor() : pass.b);
}

}  // namespace tern::elementwise_binary_passes
