// A pass as a type: a struct whose fields are its parameters and its tensors, by name.
//
//     namespace tern::shift_passes {
//     struct Forward {                        // y = x + bias
//         const ShiftParams& params;          // left out where there are none
//         const Tensor& x;                    // (N, C)
//         const Tensor& bias = kNoTensor;     // (C), optional
//         const Tensor& y;                    // as x
//         TERN_PASS(Forward, shift, forward, (x, bias), (y))
//     };
//     }
//
// What runs it are overloads of run(), one for each implementation, which TERN_PASS declares and nobody else:
//
//     void run(Cpu, const Forward& pass, const Stream& stream);   // writes every element of every output
//
// The operation's table lists them, best first: pass_of<Forward, Cuda, Cpu, Ref>(). Callers name the tensors:
// run_pass(shift_passes::Forward{.params = params, .x = x, .y = y}). A misspelt or missing tensor, another
// pass and other parameters do not compile.
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tern/kernels/dispatch/dispatch.hpp"

namespace tern {

/// What an optional tensor is where a pass leaves it out.
inline const Tensor kNoTensor;

// -- implementations ---------------------------------------------------------------------------------------

/// What implementations have in common. `default_accepts`: what it accepts where its entry in a table says
/// nothing else; none: every problem of its device.
template <class Self, DeviceType device, bool (*... default_accepts)(TensorRefs, std::string*)>
struct ImplementationTag {
    using Own = Self;
    static constexpr DeviceType kDevice = device;
    static constexpr bool kTotal = sizeof...(default_accepts) == 0, kPartial = false, kPreferredWhen = false;
    static constexpr bool kUpcasts = false, kRoundsInputs = false,
                          kReplacesParts = false;  // see Implementation

    static bool accepts_tensors(TensorRefs tensors, std::string* why_not) {
        return (default_accepts(tensors, why_not) && ...);
    }
};

/// Plain serial loops, the specification.
struct Ref : ImplementationTag<Ref, DeviceType::cpu> {
    static constexpr std::string_view kName = "ref";
};
/// The CPU implementation for use.
struct Cpu : ImplementationTag<Cpu, DeviceType::cpu, accepts_float32> {
    static constexpr std::string_view kName = "cpu";
    static constexpr bool kUpcasts = true;
};
/// With fewer multiplications, by Winograd's method.
struct CpuWinograd : ImplementationTag<CpuWinograd, DeviceType::cpu, accepts_float32> {
    static constexpr std::string_view kName = "cpu_winograd";
    static constexpr bool kUpcasts = true;
};
/// Numbers are rounded to bfloat16 before they are multiplied.
struct CpuBf16 : ImplementationTag<CpuBf16, DeviceType::cpu, accepts_float32> {
    static constexpr std::string_view kName = "cpu_bf16";
    static constexpr bool kUpcasts = true, kRoundsInputs = true;
};
/// NVIDIA's libraries (cuDNN, cuBLASLt).
struct Cudnn : ImplementationTag<Cudnn, DeviceType::cuda> {
    static constexpr std::string_view kName = "cudnn";
};
/// Our CUDA kernels; `on_host`: the same source compiled as host C++, to be tested without a GPU.
template <bool on_host>
struct CudaKernels : ImplementationTag<CudaKernels<on_host>, DeviceType::cuda, accepts_cuda_floating> {
    static constexpr std::string_view kName = "cuda";
};
/// Those on tensor cores.
template <bool on_host>
struct CudaMmaKernels : ImplementationTag<CudaMmaKernels<on_host>, DeviceType::cuda> {
    static constexpr std::string_view kName = "cuda_mma";
};
#if defined(TERN_HOST_RUN)
using Cuda = CudaKernels<true>;
using CudaMma = CudaMmaKernels<true>;
#else
using Cuda = CudaKernels<false>;
using CudaMma = CudaMmaKernels<false>;
#endif

/// In a table: what the implementation accepts is told by accepts(Implementation, pass, why_not).
template <class I>
struct Partial : I {
    static constexpr bool kPartial = true;
};
/// In a table: it accepts every problem of its device.
template <class I>
struct Total : I {
    static constexpr bool kTotal = true;
};
/// In a table: where no policy names it, it runs only if preferred_when(Implementation, pass, why_not) says
/// so.
template <class I>
struct PreferredWhen : I {
    static constexpr bool kPreferredWhen = true;
};
/// In the table of a fused operation: see Implementation::replaces_parts.
template <class I>
struct ReplacesParts : I {
    static constexpr bool kReplacesParts = true;
};

// -- passes ------------------------------------------------------------------------------------------------

#define TERN_PASS_RUNS_ON(Self, Implementation)                                  \
    friend void run(Implementation, const Self& pass, const Stream& stream);     \
    friend bool accepts(Implementation, const Self& pass, std::string* why_not); \
    friend bool preferred_when(Implementation, const Self& pass, std::string* why_not);

/// The body of a struct of a T for each of these.
#define TERN_FIELDS(...)                                      \
    {                                                         \
        __VA_OPT__(T __VA_ARGS__;)                            \
        std::vector<T> list() const { return {__VA_ARGS__}; } \
    }

/// In the struct of a pass: its name, the order of its tensors, and for every implementation run(), accepts()
/// and preferred_when(); those that no table lists need not exist, nor need record_grad(), which records in
/// the tape that the pass ran. InputsAs and OutputsAs hold a T for each tensor, by its name.
#define TERN_PASS(Self, op_name, pass_name, input_list, output_list)              \
    static const Op& op() { return op_name##_op(); }                              \
    static constexpr const char *kOp = #op_name, *kName = #pass_name;             \
    static constexpr const char *kInputs = #input_list, *kOutputs = #output_list; \
    auto inputs() const { return ::tern::tensor_references input_list; }          \
    auto outputs() const { return ::tern::tensor_references output_list; }        \
    template <class T>                                                            \
    struct InputsAs TERN_FIELDS input_list;                                       \
    template <class T>                                                            \
    struct OutputsAs TERN_FIELDS output_list;                                     \
    friend void record_grad(const Self& pass);                                    \
    TERN_PASS_RUNS_ON(Self, ::tern::Ref)                                          \
    TERN_PASS_RUNS_ON(Self, ::tern::Cpu)                                          \
    TERN_PASS_RUNS_ON(Self, ::tern::CpuWinograd)                                  \
    TERN_PASS_RUNS_ON(Self, ::tern::CpuBf16)                                      \
    TERN_PASS_RUNS_ON(Self, ::tern::CudaKernels<false>)                           \
    TERN_PASS_RUNS_ON(Self, ::tern::CudaKernels<true>)                            \
    TERN_PASS_RUNS_ON(Self, ::tern::CudaMmaKernels<false>)                        \
    TERN_PASS_RUNS_ON(Self, ::tern::CudaMmaKernels<true>)                         \
    TERN_PASS_RUNS_ON(Self, ::tern::Cudnn)

template <std::same_as<Tensor>... T>
std::array<std::reference_wrapper<const Tensor>, sizeof...(T)> tensor_references(const T&... tensors) {
    return {std::cref(tensors)...};
}
/// The one field of inputs or outputs of which there can be any number.
inline std::span<const Tensor> tensor_references(const std::span<const Tensor>& list) { return list; }

template <class P>
concept TypedPass = requires(const P& pass) {
    P::op();
    pass.inputs();
    pass.outputs();
};

template <TypedPass P>
using InputsOf = decltype(std::declval<const P&>().inputs());
template <TypedPass P>
using OutputsOf = decltype(std::declval<const P&>().outputs());
template <class References>
inline constexpr bool kIsList = std::same_as<References, std::span<const Tensor>>;

/// All tensors of a pass, for what takes TensorRefs.
template <TypedPass P>
auto tensors_of(const P& pass) {
    const auto inputs = pass.inputs();
    const auto outputs = pass.outputs();
    if constexpr (kIsList<InputsOf<P>> || kIsList<OutputsOf<P>>) {
        std::vector<std::reference_wrapper<const Tensor>> all(inputs.begin(), inputs.end());
        all.insert(all.end(), outputs.begin(), outputs.end());
        return all;
    } else {
        return std::apply([](const auto&... tensors) { return std::array{tensors...}; },
                          std::tuple_cat(inputs, outputs));
    }
}

inline constexpr NoParams kNoParams;

/// The parameters of a pass; NoParams where it has none.
template <TypedPass P>
const auto& params_of(const P& pass) {
    if constexpr (requires { pass.params; })
        return pass.params;
    else
        return kNoParams;
}

template <TypedPass P>
using ParamsOf = std::remove_cvref_t<decltype(params_of(std::declval<const P&>()))>;

/// Tensors as the fields of a pass, whose inputs() or outputs() are References.
template <class References>
auto fields_of(std::span<const Tensor> tensors) {
    if constexpr (kIsList<References>) {
        return std::tuple(tensors);
    } else {
        constexpr std::size_t kCount = std::tuple_size_v<References>;
        TERN_ASSERT(tensors.size() == kCount);
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return std::tie(tensors[I]...); }
        (std::make_index_sequence<kCount>{});
    }
}

/// A problem of P's pass as a P.
template <TypedPass P>
P as_pass(const Problem& problem) {
    return std::apply(
        [&](const auto&... tensors) {
            if constexpr (requires(const P& pass) { pass.params; })
                return P{problem.params<ParamsOf<P>>(), tensors...};
            else
                return P{tensors...};
        },
        std::tuple_cat(fields_of<InputsOf<P>>(problem.inputs), fields_of<OutputsOf<P>>(problem.outputs)));
}

/// What dispatch, tests, benchmarks and tuning know about P.
template <TypedPass P>
const Pass& info_of() {
    static const Pass& pass = P::op().pass(typeid(P));
    return pass;
}

/// A pass as generic code sees it. `pass` must live as long.
template <TypedPass P>
class ErasedPass {
  public:
    explicit ErasedPass(const P& pass)
        : params_(params_of(pass)), inputs_(handles(pass.inputs())), outputs_(handles(pass.outputs())) {}

    Problem problem() const { return {info_of<P>(), ParamsRef(params_), inputs_, outputs_}; }

  private:
    template <std::size_t N>
    static std::array<Tensor, N> handles(
        const std::array<std::reference_wrapper<const Tensor>, N>& references) {
        return std::apply([](const auto&... tensor) { return std::array<Tensor, N>{tensor...}; }, references);
    }
    static std::span<const Tensor> handles(std::span<const Tensor> list) { return list; }

    decltype(params_of(std::declval<const P&>())) params_;
    decltype(handles(std::declval<InputsOf<P>>())) inputs_;
    decltype(handles(std::declval<OutputsOf<P>>())) outputs_;
};

/// Selects an implementation by kernel_policy() and runs it. The outputs count as changed.
template <TypedPass P>
void run_pass(const P& pass) {
    run_problem(ErasedPass(pass).problem());
}

// -- tables ------------------------------------------------------------------------------------------------

template <TypedPass P, class I>
void run_as(const Problem& problem, const Stream& stream) {
    run(typename I::Own{}, as_pass<P>(problem), stream);
}

template <TypedPass P, class I>
Implementation implementation_of() {
    Implementation entry{.name = I::kName,
                         .device = I::kDevice,
                         .run = run_as<P, I>,
                         .upcasts = I::kUpcasts,
                         .rounds_inputs = I::kRoundsInputs,
                         .replaces_parts = I::kReplacesParts};
    if constexpr (I::kPartial)
        entry.accepts = [](const Problem& problem, std::string* why_not) {
            return accepts(typename I::Own{}, as_pass<P>(problem), why_not);
        };
    else if constexpr (!I::kTotal)
        entry.accepts = [](const Problem& problem, std::string* why_not) {
            return I::accepts_tensors(tensors_of(as_pass<P>(problem)), why_not);
        };
    return entry;
}

#if defined(TERN_HAS_CUDA)
constexpr bool kBuildHasCuda = true;
#else
constexpr bool kBuildHasCuda = false;
#endif

/// The names in "(x, bias)".
std::vector<std::string> names_in(std::string_view list);

/// The entry of a pass in its operation's table, with its implementations, best first, Ref last. P::flops(),
/// where there is one, counts its arithmetic operations.
template <TypedPass P, class... Implementations>
Pass pass_of() {
    Pass pass{P::kOp, P::kName, names_in(P::kInputs), names_in(P::kOutputs), {}, nullptr, &typeid(P)};
    const auto add = [&]<class I>(std::type_identity<I>) {
        Implementation entry{I::kName, I::kDevice, nullptr};
        if constexpr (kBuildHasCuda || I::kDevice == DeviceType::cpu) entry = implementation_of<P, I>();
        if constexpr (I::kPreferredWhen)
            entry.preferred_when = [](const Problem& problem, std::string* why_not) {
                return preferred_when(typename I::Own{}, as_pass<P>(problem), why_not);
            };
        pass.implementations.push_back(entry);
    };
    (add(std::type_identity<Implementations>{}), ...);
    if constexpr (requires(const P& one) { one.flops(); })
        pass.flops = [](const Problem& problem) { return static_cast<double>(as_pass<P>(problem).flops()); };
    return pass;
}

}  // namespace tern
