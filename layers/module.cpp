#include "tern/layers/module.hpp"

#include <algorithm>

#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/layers/derived_seed.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/scale_outputs.hpp"

namespace tern {
namespace {

thread_local ForwardObserver* active_observer = nullptr;

}  // namespace

NamedTensors Module::collect(bool parameters, bool buffers) const {
    NamedTensors result;
    visit([&](const std::string& name, const Module& module) {
        const std::string prefix = name.empty() ? "" : name + '.';
        const auto append = [&](const Slots& slots) {
            for (const auto& [own, tensor] : slots) result.push_back({prefix + own, *tensor});
        };
        if (parameters) append(module.parameters_);
        if (buffers) append(module.buffers_);
    });
    return result;
}

NamedTensors Module::parameters() const { return collect(true, false); }
NamedTensors Module::buffers() const { return collect(false, true); }
NamedTensors Module::state() const { return collect(true, true); }

std::int64_t Module::parameter_count() const {
    std::int64_t count = 0;
    for (const NamedTensor& parameter : parameters()) count += parameter.tensor.numel();
    return count;
}

void Module::initialize(Initialization scheme, std::uint64_t seed) {
    Initializer initializer(scheme, seed);
    std::uint32_t expected = 0;
    visit([&](const std::string& name, Module& module) {
        module.seed_ = seed;
        module.initialize_own(initializer);
        expected += static_cast<std::uint32_t>(module.parameters_.size());
        TERN_CHECK(initializer.filled() == expected, "initialize", module.type(), " \"", name, "\" has ",
                   module.parameters_.size(),
                   " parameters of its own, but initialize_own() did not fill each once");
    });
}

Features Module::forward(Features) { fail(type(), "has no forward pass of one input"); }

void Module::initialize_own(Initializer&) {}

void Module::to(Device device) {
    replace_tensors("to()", [device](const Tensor& tensor) { return tensor.to(device); });
}

void Module::to(DType dtype) {
    TERN_CHECK(dtype == DType::float32 || dtype == DType::float64, "Module",
               "parameters are float32 or float64, not ", dtype);
    replace_tensors("to()", [dtype](const Tensor& tensor) {
        return is_floating(tensor.dtype()) && tensor.dtype() != dtype ? cast(tensor, dtype) : tensor;
    });
}

void Module::replace_state(const Tensors& tensors) {
    TERN_CHECK(tensors.size() == state().size(), "Module", "has ", state().size(),
               " parameters and buffers, got ", tensors.size(), " tensors for them");
    auto next = tensors.begin();
    replace_tensors("replace_state()", [&next](const Tensor&) { return *next++; });
}

void Module::replace_tensors(const char* what, const std::function<Tensor(const Tensor&)>& convert) {
    for (const auto& [name, tensor] : parameters()) {
        TERN_CHECK(!tensor.grad().defined(), "Module", what,
                   " must come before gradients and flat buffers, but ", name, " has a gradient");
    }
    const NoGrad no_grad;
    visit([&](const std::string&, Module& module) {
        for (const auto& [name, tensor] : module.parameters_) {
            *tensor = convert(*tensor);
            tensor->set_requires_grad(!module.frozen_);
        }
        for (const auto& [name, tensor] : module.buffers_) *tensor = convert(*tensor);
    });
}

void Module::train(bool training) {
    visit([training](const std::string&, Module& module) { module.training_ = training; });
}

void Module::freeze(bool frozen) {
    for (const auto& [name, tensor] : parameters()) {
        TERN_CHECK(!frozen || !tensor.grad().defined(), "Module",
                   "freeze() must come before gradients and flat buffers, but ", name, " has a gradient");
    }
    visit([frozen](const std::string&, Module& module) {
        module.frozen_ = frozen;
        for (const auto& [name, tensor] : module.parameters_) tensor->set_requires_grad(!frozen);
    });
}

// `M`: Module or const Module.
template <class M, class F>
void Module::visit_below(M& module, const std::string& name, const F& function) {
    function(name, module);
    for (const auto& [own, child] : module.children_) {
        M& below = *child;
        visit_below(below, name.empty() ? own : name + '.' + own, function);
    }
}

void Module::visit(const std::function<void(const std::string&, Module&)>& function) {
    visit_below(*this, "", function);
}

void Module::visit(const std::function<void(const std::string&, const Module&)>& function) const {
    visit_below(*this, "", function);
}

void Module::check_new_name(std::string_view name) const {
    const auto taken = [name](const auto& named) { return named.first == name; };
    TERN_CHECK(!name.empty() && name.find('.') == std::string_view::npos, "Module",
               "names must not be empty or hold a dot, got \"", name, '"');
    TERN_CHECK(std::ranges::none_of(parameters_, taken) && std::ranges::none_of(buffers_, taken) &&
                   std::ranges::none_of(children_, taken),
               "Module", "the name \"", name, "\" is taken");
}

void Module::add_parameter(std::string name, Tensor& tensor) {
    check_new_name(name);
    tensor.set_requires_grad(!frozen_);
    parameters_.emplace_back(std::move(name), &tensor);
}

void Module::add_buffer(std::string name, Tensor& tensor) {
    check_new_name(name);
    buffers_.emplace_back(std::move(name), &tensor);
}

bool Module::absorb_into(const Tensor& weight, Tensor& bias, const Tensor& scale, const Tensor& shift) {
    if (!bias.defined()) {
        bias = Tensor::zeros({weight.dim(0)}, weight.dtype(), weight.device());
        add_parameter("bias", bias);
    }
    scale_outputs(scale, shift, weight, bias);
    return true;
}

Module& Module::adopt(std::string name, std::unique_ptr<Module> child) {
    check_new_name(name);
    child->parent_ = this;
    return *children_.emplace_back(std::move(name), std::move(child)).second;
}

std::string Module::dotted_name() const {
    if (parent_ == nullptr) return "";
    const auto own =
        std::ranges::find(parent_->children_, this, [](const auto& named) { return named.second.get(); });
    const std::string above = parent_->dotted_name();
    return above.empty() ? own->first : above + '.' + own->first;
}

std::uint64_t Module::own_seed() const { return derived_seed(seed_, dotted_name()); }

bool Module::is_observed() { return active_observer != nullptr; }

Features Module::operator()(Features input) {
    return observed(std::move(input), [this](Features x) { return forward(std::move(x)); });
}

void Module::show(const Tensor& input, const Tensor& output) const {
    active_observer->function_(*this, input, output);
}

ForwardObserver::ForwardObserver(Function function)
    : function_(std::move(function)), previous_(std::exchange(active_observer, this)) {}
ForwardObserver::~ForwardObserver() { active_observer = previous_; }

}  // namespace tern
