// The tape: every differentiable operation records a Function; backward() walks them in reverse order.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

/// Whether operations of this thread record history.
bool grad_enabled();

/// While it lives, operations of this thread record nothing (evaluation, optimizer steps).
class NoGrad {
  public:
    NoGrad();
    ~NoGrad();
    NoGrad(const NoGrad&) = delete;
    NoGrad& operator=(const NoGrad&) = delete;

  private:
    bool previous_;
};

/// A differentiable operation as the tape sees it. Derive from it to add an operation of your own:
///
///     struct Cube : tern::Function {
///         const char* name() const override { return "cube"; }
///         tern::Tensors backward(const tern::Tensors& grads) override {  // dx = 3 x^2 dy
///             return {scaled_square(saved(0), grads[0])};
///         }
///     };
///     tern::Tensor y = cube_of(x);
///     if (auto* f = tern::Function::record<Cube>({x}, {y})) f->save(x);
///
/// Gradients of gradients are not supported: backward() runs with recording off.
class Function {
  public:
    virtual ~Function() = default;

    virtual const char* name() const = 0;

    /// From the gradients of the outputs (undefined: zero) the gradients of the inputs, in their order;
    /// undefined where there is none or needs_input_grad() says that nobody asks. At least one is defined.
    virtual Tensors backward(const Tensors& output_grads) = 0;

    /// Makes `outputs` results of a new F(args...) of `inputs`, if recording is on and an input requires a
    /// gradient; else returns null. Undefined inputs are allowed. Outputs must be fresh tensors.
    template <class F, class... Args>
    static F* record(const Tensors& inputs, const Tensors& outputs, Args&&... args) {
        if (!wanted(inputs)) return nullptr;
        auto function = std::make_shared<F>(std::forward<Args>(args)...);
        connect(function, inputs, outputs);
        return function.get();
    }

    /// Keeps a tensor for backward() (freed right after it ran). An undefined one stays undefined.
    void save(const Tensor& tensor);
    /// The i-th saved tensor, without history; throws Error if it was changed in place since.
    Tensor saved(std::size_t i) const;
    bool needs_input_grad(std::size_t i) const;
    /// Memory for the gradient of input i, for backward() to write and return: that of a leaf's gradient itself while it
    /// is zero (Tensor::mark_grad_zero()), so that nothing has to be added; else new.
    Tensor new_grad(std::size_t i, const Shape& shape, DType dtype, Device device) const;
    Tensor new_grad(std::size_t i, const Tensor& like) const;
    /// The same for a weight of the type of `like`; if it was rounded from a leaf, of that one's, so that the gradient is
    /// not.
    Tensor new_weight_grad(std::size_t i, const Shape& shape, const Tensor& like) const;
    /// In the place of that for a gradient of zero: undefined where it would be added to another one.
    Tensor zero_weight_grad(std::size_t i, const Shape& shape, const Tensor& like) const;

    /// For backward() where a constant added to a channel of input i changes no result: if only this function reads the
    /// input, the gradient of a bias that was added last is zero. shift_is_ignored() tells so to the function that did.
    void ignores_shift_of(std::size_t i) const;
    bool shift_is_ignored() const { return shift_is_ignored_; }

  protected:
    /// Whether the output is the one input in another shape or type, and the gradient passes in the same way. That of a
    /// type is passed as it is where it has the input's already.
    virtual bool passes_elements() const { return false; }

  private:
    friend class Engine;
    struct Edge {  // where an input came from: an output of a function, or a leaf
        std::shared_ptr<Function> function;
        int output_index = 0;
        Tensor leaf;
        bool wanted() const { return function != nullptr || leaf.defined(); }
    };
    struct Saved {
        Tensor tensor;
        std::uint32_t version = 0;
    };
    struct OutputLike {  // enough to check a gradient
        Shape shape;
    };

    static bool wanted(const Tensors& inputs);
    const Tensor& leaf_of(std::size_t i) const;
    static void connect(const std::shared_ptr<Function>& function, const Tensors& inputs,
                        const Tensors& outputs);

    std::vector<Edge> edges_;
    std::vector<OutputLike> outputs_;
    std::vector<Saved> saved_;
    int uses_ = 0;  // of its outputs, by functions of the backward walk
    bool shift_is_ignored_ = false;
    const void* owner_ = nullptr;  // for whom it was recorded, see core/owner.hpp
    std::uint64_t sequence_ = 0;   // grows with every recorded function: reverse order is a valid order
    bool released_ = false;
};

/// Adds `term` to `sum`, in place. core knows no operation, so kernels/ supplies this one.
using GradientAdder = void (*)(const Tensor& sum, const Tensor& term);

/// Computes the gradient of every leaf that `root` depends on and adds it to leaf.grad() in place.
/// `grad` is d(objective)/d(root), of root's shape. Frees what the functions saved: a second call through the
/// same graph is an Error. Use tern::backward() of kernels/backward.hpp.
void run_backward(const Tensor& root, const Tensor& grad, GradientAdder add);

}  // namespace tern
