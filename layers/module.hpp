// The base of layers and models: named parameters and buffers, children, modes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tern/core/named_tensor.hpp"
#include "tern/core/owner.hpp"
#include "tern/layers/features.hpp"

namespace tern {

class Initializer;
enum class Initialization : std::uint8_t;

/// Derive from it, register what it owns in the constructor, and write forward():
///
///     class Block : public tern::Module {
///       public:
///         std::string type() const override { return "Block"; }
///
///       protected:
///         tern::Features forward(tern::Features x) override { return norm_(conv_(std::move(x))); }
///
///       private:
///         tern::Conv2d& conv_ = add_child<tern::Conv2d>("conv", 3, 32, {.kernel = 3, .padding = 1});
///         tern::BatchNorm2d& norm_ = add_child<tern::BatchNorm2d>("norm", 32);
///     };
///
/// Weights of a new module are NaN until initialize() or load_state(). Everything walks in one order: a
/// module's own parameters, then its buffers, then its children, each in the order of registration.
class Module {
  public:
    Module() = default;
    virtual ~Module() = default;
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    /// "Conv2d", "BatchNorm2d+relu": for tables and messages.
    virtual std::string type() const = 0;
    Tensor operator()(const Tensor& input) { return (*this)(Features(input)).value(); }
    /// The same for what another layer handed on: a module of layers calls them so.
    Features operator()(Features input);
    /// Multiply-adds of its own, without its children, from an input of this shape to that output.
    virtual std::int64_t multiply_adds(const Shape& /*input*/, const Shape& /*output*/) const { return 0; }

    /// Trainable tensors. What these functions return are handles, which share elements with the module.
    NamedTensors parameters() const;
    /// Tensors that are saved and not trained: running statistics.
    NamedTensors buffers() const;
    /// Both, as weight files hold them.
    NamedTensors state() const;
    /// Elements of all parameters.
    std::int64_t parameter_count() const;

    /// Fills all parameters. Parameter k of parameters() draws from Philox stream (seed, initialize, k), so
    /// equal seeds give equal bits, in float64 the same numbers as in float32. Dropouts without a seed of
    /// their own draw by this one, too; in a model that was only loaded it is 0. A run that continues makes its
    /// model with the same seed again.
    void initialize(Initialization scheme, std::uint64_t seed);
    /// Moves parameters and buffers. Must come before gradients and flat buffers, whose places stay.
    void to(Device device);
    /// Converts parameters and floating-point buffers; float32 or float64.
    void to(DType dtype);
    /// Puts other tensors in the place of parameters and buffers, one for each of state() in its order, of any extents: those of a
    /// pruned model. Must come before gradients and flat buffers.
    void replace_state(const Tensors& tensors);

    /// Training mode: batch norm uses and records the batch's statistics, dropout drops.
    void train(bool training = true);
    void eval() { train(false); }
    bool training() const { return training_ && !frozen_; }
    /// This module and all below are left as they are by training, until freeze(false): parameters get no
    /// gradients, so that an optimizer made afterwards does not have them (no weight decay either), and
    /// whatever train() is told, batch norms use their running statistics and dropout rests. Throws Error if
    /// one of the parameters has a place for gradients already: freeze before FlatParameters.
    void freeze(bool frozen = true);

    /// For fold_batch_norms(): makes scale y + shift of the output y, if the module's weights can take it;
    /// says whether they did. Both: (channels of the output), float64, on the CPU.
    virtual bool absorb(const Tensor& /*scale*/, const Tensor& /*shift*/) { return false; }

    /// Calls `function(name, module)` for this module (name "") and everything below.
    void visit(const std::function<void(const std::string& name, Module& module)>& function);
    void visit(const std::function<void(const std::string& name, const Module& module)>& function) const;
    bool has_children() const { return !children_.empty(); }
    std::size_t child_count() const { return children_.size(); }

  protected:
    /// Features are taken where a Tensor is, and a Tensor is returned as Features. A module with other inputs
    /// has a function of its own instead; this one then throws Error.
    virtual Features forward(Features input);
    /// Fills this module's own parameters, each once and in order; a module that has some overrides it.
    virtual void initialize_own(Initializer& initializer);

    /// The member `tensor` becomes the parameter or buffer of that name (no dots); it must live in the
    /// module.
    void add_parameter(std::string name, Tensor& tensor);
    void add_buffer(std::string name, Tensor& tensor);
    /// absorb() of a layer with these parameters; one without a bias gets one.
    bool absorb_into(const Tensor& weight, Tensor& bias, const Tensor& scale, const Tensor& shift);
    /// Makes a child and owns it.
    template <class M, class... Args>
    M& add_child(std::string name, Args&&... args) {
        return static_cast<M&>(adopt(std::move(name), std::make_unique<M>(std::forward<Args>(args)...)));
    }
    /// The same where the last argument is options in braces, {.kernel = 3}, from which no type is deduced.
    template <class M>
    M& add_child(std::string name, const typename M::Options& options) {
        return static_cast<M&>(adopt(std::move(name), std::make_unique<M>(options)));
    }
    template <class M>
    M& add_child(std::string name, std::int64_t channels, const typename M::Options& options) {
        return static_cast<M&>(adopt(std::move(name), std::make_unique<M>(channels, options)));
    }
    template <class M>
    M& add_child(std::string name, std::int64_t in, std::int64_t out, const typename M::Options& options) {
        return static_cast<M&>(adopt(std::move(name), std::make_unique<M>(in, out, options)));
    }
    Module& adopt(std::string name, std::unique_ptr<Module> child);
    Module& child(std::size_t i) { return *children_.at(i).second; }

    /// For what it draws itself: follows from the seed of initialize() and its dotted name in the whole model.
    std::uint64_t own_seed() const;

    /// Whether this thread has an observer: a module that does its children's work in one shows them then.
    static bool is_observed();
    /// Runs it as `work(input)`, and shows it to the observer of this thread, if there is one.
    template <class F>
    Features observed(Features input, F work) {
        const OwnerScope owner(this);
        if (!is_observed()) return work(std::move(input));
        const Tensor from = input;
        const Features output = work(std::move(input));
        show(from, output);
        return output;
    }

  private:
    friend class EvaluationScope;  // keeps the mode below the freeze

    void show(const Tensor& input, const Tensor& output) const;

    using Slots = std::vector<std::pair<std::string, Tensor*>>;

    std::string dotted_name() const;
    void check_new_name(std::string_view name) const;
    template <class M, class F>
    static void visit_below(M& module, const std::string& name, const F& function);
    NamedTensors collect(bool parameters, bool buffers) const;
    // `what`: of the caller, for messages.
    void replace_tensors(const char* what, const std::function<Tensor(const Tensor&)>& convert);

    Slots parameters_, buffers_;
    std::vector<std::pair<std::string, std::unique_ptr<Module>>> children_;
    bool training_ = true, frozen_ = false;
    const Module* parent_ = nullptr;
    std::uint64_t seed_ = 0;  // of the last initialize()
};

/// While it lives, `function` is called after every module that this thread calls, innermost first, and no
/// module leaves work to another.
class ForwardObserver {
  public:
    using Function = std::function<void(const Module& module, const Tensor& input, const Tensor& output)>;
    explicit ForwardObserver(Function function);
    ~ForwardObserver();
    ForwardObserver(const ForwardObserver&) = delete;
    ForwardObserver& operator=(const ForwardObserver&) = delete;

  private:
    friend class Module;
    Function function_;
    ForwardObserver* previous_;
};

}  // namespace tern
