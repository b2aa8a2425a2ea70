// What an operation is to dispatch, tests, benchmarks and tuning: passes, each with an ordered list of
// implementations.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include "tern/core/devices/stream.hpp"
#include "tern/core/tensor.hpp"
#include "tern/kernels/dispatch/equal_fields.hpp"

namespace tern {

/// The parameters of passes that have none.
struct NoParams {};

/// The parameters of a pass, by reference: any plain struct.
class ParamsRef {
  public:
    template <class P>
    explicit ParamsRef(const P& params)
        : data_(&params), type_(&typeid(P)), copied_(copied<P>), equal_(equal<P>) {}

    template <class P>
    const P& as() const {
        TERN_ASSERT(*type_ == typeid(P));
        return *static_cast<const P*>(data_);
    }
    friend bool operator==(const ParamsRef& a, const ParamsRef& b) {
        return *a.type_ == *b.type_ && a.equal_(a.data_, b.data_);
    }

  private:
    friend class ParamsBox;
    template <class P>
    static std::shared_ptr<const void> copied(const void* data) {
        return std::make_shared<P>(*static_cast<const P*>(data));
    }
    template <class P>
    static bool equal(const void* a, const void* b) {
        return equal_fields(*static_cast<const P*>(a), *static_cast<const P*>(b));
    }

    const void* data_;
    const std::type_info* type_;
    std::shared_ptr<const void> (*copied_)(const void* data);
    bool (*equal_)(const void* a, const void* b);
};

/// A copy of parameters, which lives as long as one of the box's copies.
class ParamsBox {
  public:
    explicit ParamsBox(const ParamsRef& params) : ref_(params), kept_(params.copied_(params.data_)) {
        ref_.data_ = kept_.get();
    }
    template <class P>
    requires(!std::same_as<P, ParamsRef>) ParamsBox(const P& params)
        : ParamsBox(ParamsRef(params)) {}  // NOLINT(google-explicit-constructor)
    const ParamsRef& ref() const { return ref_; }

  private:
    ParamsRef ref_;
    std::shared_ptr<const void> kept_;
};

struct Pass;

/// One call of a pass. Optional tensors may be undefined; outputs are allocated by the caller.
struct Problem {
    const Pass& pass;
    ParamsRef params_ref;
    std::span<const Tensor> inputs;
    std::span<const Tensor> outputs;

    template <class P>
    const P& params() const {
        return params_ref.as<P>();
    }
    /// The device of the first defined tensor.
    Device device() const;
    /// The dtype of the first defined input.
    DType dtype() const;
    /// Of all inputs and outputs.
    std::int64_t bytes() const;
};

/// Tensors by reference, for what is asked of all tensors of a pass.
using TensorRefs = std::span<const std::reference_wrapper<const Tensor>>;

/// The dtype of the first that is defined.
DType first_dtype(TensorRefs tensors);

struct Implementation {
    std::string_view name;  // for policies, tables and files; see kernels/dispatch/pass.hpp
    DeviceType device;      // where the tensors must be
    /// Writes every element of every output. Null where this build does not have it.
    void (*run)(const Problem& problem, const Stream& stream);
    /// Whether it can do the problem (null: always, on its device). If not, and `why_not` is given, a reason.
    bool (*accepts)(const Problem& problem, std::string* why_not) = nullptr;
    /// Whether it should run where no policy names it (null: always); if not, a reason: another
    /// implementation was measured to be faster there, or a part of it, such as instructions that the host
    /// run replaces, has no record in docs/results/ of a GPU yet.
    bool (*preferred_when)(const Problem& problem, std::string* why_not) = nullptr;
    /// It does problems of 16-bit types, too: upcast to float32, its results rounded.
    bool upcasts = false;
    /// It rounds its inputs: it runs where a policy names it, and nowhere else.
    bool rounds_inputs = false;
    /// Of a fused operation: it was measured to be faster than the operations that this one is made of, and
    /// so takes their place where no policy says otherwise.
    bool replaces_parts = false;
};

struct Pass {
    const char* op;
    const char* name;  // "forward", "backward_input", ...
    std::vector<std::string> inputs, outputs;
    std::vector<Implementation> implementations;  // best first, ref last
    /// Arithmetic operations of a problem, a multiply-add as two; null where a pass only moves numbers.
    double (*flops)(const Problem& problem) = nullptr;
    /// The struct of its tensors, see kernels/dispatch/pass.hpp.
    const std::type_info* type = nullptr;
};

struct Op {
    const char* name;
    std::vector<Pass> passes;

    /// Whether it is fused: an implementation of it replaces the operations that it is made of.
    bool has_parts() const;
    /// Whether one of such devices does.
    bool replaces_parts(DeviceType device) const;
    /// Throws Error that lists the passes.
    const Pass& pass(std::string_view pass_name) const;
    /// That of a struct of kernels/dispatch/pass.hpp, which the operation must have.
    const Pass& pass(const std::type_info& type) const;
};

/// For `accepts`: false, with the reason where it is asked for.
template <class... Args>
bool refuse(std::string* why_not, const Args&... parts) {
    if (why_not != nullptr) *why_not = to_text(parts...);
    return false;
}

/// An `accepts` for implementations in float32 alone: every floating-point tensor must be float32.
bool accepts_float32(TensorRefs tensors, std::string* why_not);

/// What most of our CUDA kernels accept: float32 or a 16-bit type, tensors of less than 2^31 elements each.
bool accepts_cuda_floating(TensorRefs tensors, std::string* why_not);
/// The first half of it, of all of these.
bool accepts_cuda_types(std::initializer_list<Tensor> tensors, std::string* why_not);
/// The second half: whether 32-bit offsets reach every element of all tensors.
bool accepts_cuda_offsets(TensorRefs tensors, std::string* why_not);

/// The implementation of that name; null where there is none.
const Implementation* find_implementation(const Pass& pass, std::string_view name);
/// Where tensors must be for the implementations of a name. Throws Error that lists the names of all
/// operations.
DeviceType device_of_implementation(std::string_view name);

/// All operations of op_list.def, in its order.
std::span<const Op* const> all_ops();
/// Throws Error that lists the names.
const Op& find_op(std::string_view name);

#define TERN_OP(name, files) const Op& name##_op();
#include "tern/kernels/op_list.def"
#undef TERN_OP

}  // namespace tern
