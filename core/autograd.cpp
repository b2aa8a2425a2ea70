#include "tern/core/autograd.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <unordered_map>

#include "tern/core/owner.hpp"
#include "tern/core/tensor_impl.hpp"

namespace tern {
namespace {

thread_local bool recording = true;
std::atomic<std::uint64_t> next_sequence{1};

}  // namespace

bool grad_enabled() { return recording; }
NoGrad::NoGrad() : previous_(std::exchange(recording, false)) {}
NoGrad::~NoGrad() { recording = previous_; }

bool Function::wanted(const Tensors& inputs) {
    return recording &&
           std::ranges::any_of(inputs, [](const Tensor& input) { return input.requires_grad(); });
}

void Function::connect(const std::shared_ptr<Function>& function, const Tensors& inputs,
                       const Tensors& outputs) {
    function->sequence_ = next_sequence++;
    function->owner_ = current_owner();
    for (const Tensor& input : inputs) {
        Edge& edge = function->edges_.emplace_back();
        if (!input.requires_grad()) continue;
        edge.function = input.impl_->grad_function;
        edge.output_index = input.impl_->output_index;
        if (edge.function == nullptr) edge.leaf = input;
    }
    for (const Tensor& output : outputs) {
        Tensor::Impl& impl = output.impl();
        TERN_ASSERT(impl.grad_function == nullptr && !impl.requires_grad);
        impl.grad_function = function;
        impl.output_index = static_cast<int>(function->outputs_.size());
        impl.requires_grad = true;
        function->outputs_.push_back({impl.shape});
    }
}

void Function::save(const Tensor& tensor) {
    if (!tensor.defined()) saved_.emplace_back();
    // Without history: an output saved by its own function must not own that function.
    else
        saved_.push_back({tensor.detach(), tensor.storage()->version()});
}

Tensor Function::saved(std::size_t i) const {
    const Saved& saved = saved_.at(i);
    if (!saved.tensor.defined()) return {};
    const std::uint32_t now = saved.tensor.storage()->version();
    TERN_CHECK(now == saved.version, name(), "a tensor saved for the backward pass (", saved.tensor,
               ") was changed in place afterwards: version ", now, ", saved at version ", saved.version);
    return saved.tensor;
}

bool Function::needs_input_grad(std::size_t i) const { return edges_.at(i).wanted(); }

// The leaf that alone gets what is found for input i; undefined where others add to it on the way.
const Tensor& Function::leaf_of(std::size_t i) const {
    const Edge* edge = &edges_.at(i);
    while (edge->function != nullptr && edge->function->passes_elements() && edge->function->uses_ == 1)
        edge = &edge->function->edges_[0];
    return edge->leaf;
}

Tensor Function::new_grad(std::size_t i, const Shape& shape, DType dtype, Device device) const {
    if (const Tensor& leaf = leaf_of(i); leaf.defined() && leaf.impl().grad_is_zero) {
        const Tensor& grad = leaf.impl().grad;
        if (grad.numel() == shape.numel() && grad.dtype() == dtype && grad.device() == device)
            return leaf.grad().reshape(shape);
    }
    return Tensor::empty(shape, dtype, device);
}

Tensor Function::new_grad(std::size_t i, const Tensor& like) const {
    return new_grad(i, like.shape(), like.dtype(), like.device());
}

Tensor Function::new_weight_grad(std::size_t i, const Shape& shape, const Tensor& like) const {
    const Tensor& leaf = leaf_of(i);
    const bool rounded = leaf.defined() && leaf.dtype() == compute_dtype(like.dtype());
    return new_grad(i, shape, (rounded ? leaf : like).dtype(), like.device());
}

Tensor Function::zero_weight_grad(std::size_t i, const Shape& shape, const Tensor& like) const {
    const Tensor& leaf = leaf_of(i);
    if (leaf.defined() && leaf.impl().grad.defined()) return {};
    return Tensor::zeros(shape, like.dtype(), like.device());
}

void Function::ignores_shift_of(std::size_t i) const {
    const Edge& edge = edges_.at(i);
    if (edge.function != nullptr && edge.function->uses_ == 1) edge.function->shift_is_ignored_ = true;
}

/// One backward walk.
class Engine {
  public:
    explicit Engine(GradientAdder add) : add_(add) {}

    void run(const Tensor& root, const Tensor& grad) {
        const std::shared_ptr<Function> start = root.impl().grad_function;
        if (start == nullptr) {
            count_leaf(root);
            finish_leaf(root, grad);
            return;
        }
        discover(start);
        accumulate(pending_.at(start->sequence_).grads.at(static_cast<std::size_t>(root.impl().output_index)),
                   grad);
        while (!pending_.empty()) {
            auto last = std::prev(pending_.end());
            Pending pending = std::move(last->second);
            pending_.erase(last);
            step(pending);
        }
    }

  private:
    struct Pending {
        std::shared_ptr<Function> function;
        Tensors grads;  // one per output, undefined while nothing arrived
    };

    // Collects all functions below `start` and how many gradients each leaf will receive.
    void discover(const std::shared_ptr<Function>& start) {
        std::vector<std::shared_ptr<Function>> stack{start};
        while (!stack.empty()) {
            const std::shared_ptr<Function> function = std::move(stack.back());
            stack.pop_back();
            const auto [place, is_new] = pending_.try_emplace(function->sequence_);
            if (!is_new) continue;
            TERN_CHECK(!function->released_, function->name(),
                       "backward a second time through the same graph: what it saved was freed by the first; "
                       "run the "
                       "forward pass again");
            place->second = {function, Tensors(function->outputs_.size())};
            for (const Function::Edge& edge : function->edges_) {
                if (edge.function != nullptr) {
                    ++edge.function->uses_;
                    stack.push_back(edge.function);
                } else if (edge.leaf.defined()) {
                    count_leaf(edge.leaf);
                }
            }
        }
    }

    void count_leaf(const Tensor& leaf) { ++leaf_uses_[leaf.impl_.get()]; }

    void step(Pending& pending) {
        Function& function = *pending.function;
        const OwnerScope owner(function.owner_);
        const bool reached = std::ranges::any_of(pending.grads, &Tensor::defined);
        Tensors input_grads(function.edges_.size());
        if (reached) input_grads = function.backward(pending.grads);
        pending.grads.clear();
        function.saved_.clear();
        function.released_ = true;
        TERN_ASSERT(input_grads.size() == function.edges_.size());
        for (std::size_t i = 0; i < input_grads.size(); ++i) {
            const Function::Edge& edge = function.edges_[i];
            if (edge.leaf.defined())
                finish_leaf(edge.leaf, input_grads[i]);
            else if (edge.function != nullptr)
                pass_on(edge, input_grads[i], function.name());
            input_grads[i] = {};
        }
        function.edges_.clear();
    }

    void pass_on(const Function::Edge& edge, const Tensor& grad, const char* from) {
        if (!grad.defined()) return;
        const auto index = static_cast<std::size_t>(edge.output_index);
        const Shape& shape = edge.function->outputs_.at(index).shape;
        TERN_CHECK(grad.shape() == shape, from, "backward gave a gradient of shape ", grad.shape(),
                   " for an input of shape ", shape);
        accumulate(pending_.at(edge.function->sequence_).grads.at(index), grad);
    }

    // In place only where nobody else can see the memory.
    void accumulate(Tensor& sum, const Tensor& term) {
        if (!term.defined()) return;
        if (!sum.defined()) {
            sum = term;
            return;
        }
        // One owner is the tensor in `sum`; its handle may be shared with a caller's copy of the same tensor.
        const bool exclusive = sum.impl_.use_count() == 1 && sum.storage().use_count() == 1;
        if (!exclusive) sum = sum.clone();
        add_(sum, term);
    }

    void finish_leaf(const Tensor& leaf, const Tensor& grad) {
        Tensor::Impl& impl = leaf.impl();
        if (grad.defined()) {
            TERN_CHECK(grad.shape() == impl.shape, "backward", "a gradient of shape ", grad.shape(),
                       " for a leaf of shape ", impl.shape);
            if (!impl.grad.defined()) {
                const bool exclusive = grad.impl_.use_count() == 1 && grad.storage().use_count() == 1;
                impl.grad = exclusive ? grad : grad.clone();
            } else if (grad.raw_data() != impl.grad.raw_data()) {  // else new_grad() gave it
                add_(impl.grad, grad);
                impl.grad_is_zero = false;
            }
        }
        if (--leaf_uses_.at(&impl) == 0 && impl.grad_hook) impl.grad_hook(leaf);
    }

    GradientAdder add_;
    std::map<std::uint64_t, Pending> pending_;  // by sequence number: the last recorded runs first
    std::unordered_map<const Tensor::Impl*, int> leaf_uses_;
};

void run_backward(const Tensor& root, const Tensor& grad, GradientAdder add) {
    TERN_CHECK(root.requires_grad(), "backward", "the tensor (", root,
               ") depends on no leaf that requires a gradient");
    TERN_CHECK(grad.shape() == root.shape() && grad.dtype() == root.dtype(), "backward", "gradient ", grad,
               " for a result ", root);
    const NoGrad no_grad;
    Engine(add).run(root, grad);
}

}  // namespace tern
