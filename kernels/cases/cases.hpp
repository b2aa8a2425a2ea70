// Cases: what tests and benchmarks know about an operation. Each operation writes them once, in
// <name>_cases.cpp; the generic suites (tests/kernels/) and tern-bench loop over them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tern/core/random.hpp"
#include "tern/kernels/dispatch/pass.hpp"

namespace tern::cases {

/// A tensor to make: uniform values in [low, high] (whole numbers for integer types).
struct TensorSpec {
    Shape shape;
    double low = -1, high = 1;
    std::optional<DType> dtype = {};  // none: the type under test
    bool defined = true;              // false: an optional tensor that is left out
    double step = 0;                  // above 0: floating values are rounded to its multiples
    bool fixed = false;               // of `dtype` where ref runs in float64, too: what is defined in it
};

/// How far an implementation may be from exact arithmetic on the same (rounded) inputs:
///   |error| <= factor * eps * (magnitude + floor)  [+ one rounding of the result where it is a 16-bit type]
/// with eps of the type computed in: float32's, or float64's for float64.
struct Bound {
    enum class Magnitude {
        absolute_inputs,  // ref on the absolute values of all inputs: sum |a||b| for sums of products
        result,           // |result|
        largest_inputs,   // the largest |a| of the first input times the largest |b| of the second
    };
    double factor = 0;
    Magnitude magnitude = Magnitude::result;
    double floor = 0;
    int roundings = 0;  // of what products are made from, to the type of the first input

    /// Sums of `terms` products: c eps sqrt(K) sum |a||b|. Rounding errors of a sum are independent enough to
    /// grow with sqrt(K) (Higham, Mari: "A new approach to probabilistic rounding error analysis", 2019); c =
    /// 4 leaves four standard deviations.
    static Bound products(std::int64_t terms);
    /// A few roundings per element, relative to the result (or to `floor` near zero).
    static Bound relative(double roundings, double floor = 0);
    /// The same bits.
    static Bound exact() { return {}; }
    /// Where both factors of products are rounded to bfloat16 first, by 2^-8 at most: (1 + 2^-8)^2 - 1 of
    /// each product, in float32's eps of 2^-23.
    Bound in_bfloat16() const { return {factor + 0x1.008p16, magnitude, floor}; }
    /// Where products are made from what was rounded so many times one after the other to the type of the first input, as parts of
    /// an operation round what they hand each other.
    Bound rounded(int times) const { return {factor, magnitude, floor, times}; }
};

/// One call of one pass, as case_of() makes it.
struct PassCase {
    std::string name;
    const Pass* pass;  // where it is in the table of its operation
    ParamsBox params;
    std::vector<TensorSpec> inputs, outputs;
    std::vector<Bound> bounds;  // one per output
    bool benchmark = false;     // a shape worth timing; too large for the sanitizers
    /// In place: outputs start as copies of the inputs of the same index and may share their memory.
    bool in_place = false;
    /// Of an implementation that rounds by another rule than the rest, in place of `bounds`.
    std::map<std::string_view, std::vector<Bound>> own_bounds = {};

    /// The case with the bounds that this implementation is held to.
    PassCase held_to(std::string_view implementation) const;
    /// linear.forward, case "odd"
    std::string title() const;
};

/// Of a field of a pass: a T, or any number of them where the field is a list of tensors.
template <class References, class T>
using ForField = std::conditional_t<kIsList<References>, std::vector<T>, T>;

/// What P's tensors are made of, and what its outputs are held to, by the names of its fields.
template <TypedPass P>
using InputSpecs = typename P::template InputsAs<ForField<InputsOf<P>, TensorSpec>>;
template <TypedPass P>
using OutputSpecs = typename P::template OutputsAs<ForField<OutputsOf<P>, TensorSpec>>;
template <TypedPass P>
using OutputBounds = typename P::template OutputsAs<ForField<OutputsOf<P>, Bound>>;

/// As those of PassCase.
struct CaseFlags {
    bool benchmark = false, in_place = false;
};

template <class T>
std::vector<T> in_order(std::vector<T> one_per_field) {
    return one_per_field;
}
template <class T>
std::vector<T> in_order(std::vector<std::vector<T>> of_one_field) {
    return std::move(of_one_field.front());
}

template <class P>
concept PassWithParams = TypedPass<P> && !std::same_as<ParamsOf<P>, NoParams>;
template <class P>
concept PassWithoutParams = TypedPass<P> && std::same_as<ParamsOf<P>, NoParams>;

/// A case of P's pass. Every tensor and every bound is named, also where the tensor is left out:
///
///     case_of<Forward>("odd", params, {.x = x, .bias = no_bias}, {.y = y}, {.y = Bound::products(9)})
template <PassWithParams P>
PassCase case_of(std::string name, ParamsOf<P> params, InputSpecs<P> inputs, OutputSpecs<P> outputs,
                 OutputBounds<P> bounds, CaseFlags flags = {}) {
    return {std::move(name),          &info_of<P>(),           std::move(params), in_order(inputs.list()),
            in_order(outputs.list()), in_order(bounds.list()), flags.benchmark,   flags.in_place};
}
template <PassWithoutParams P>
PassCase case_of(std::string name, InputSpecs<P> inputs, OutputSpecs<P> outputs, OutputBounds<P> bounds,
                 CaseFlags flags = {}) {
    return {std::move(name),          &info_of<P>(),           NoParams{},      in_order(inputs.list()),
            in_order(outputs.list()), in_order(bounds.list()), flags.benchmark, flags.in_place};
}

/// Those of backward_weight and backward_bias among the cases, with results of float32 for every type under test: sums
/// that are not rounded to 16 bits.
std::vector<PassCase> with_exact_gradients(const std::vector<PassCase>& all);

/// Autograd against central differences in float64.
struct GradientCase {
    std::string name;
    std::vector<TensorSpec> inputs;  // floating ones get gradients; keep values away from kinks and ties
    std::function<Tensors(const Tensors&)> function;
};

/// A wrong argument and the text it gives.
struct ErrorCase {
    std::string name;
    std::function<void()> call;
    std::string message;
};

/// The implementation that a problem must get. `policy` as --kernels takes it.
struct DispatchCase {
    PassCase problem;
    DType dtype = DType::float32;
    std::string policy = "auto";
    std::string expected = "cpu";
};

struct OpCases {
    std::vector<PassCase> passes;
    /// A few passes of random small shapes; the same for the same seed.
    std::function<std::vector<PassCase>(std::uint64_t seed)> random;
    std::vector<GradientCase> gradients;
    std::vector<ErrorCase> errors;
    std::vector<DispatchCase> dispatch;
};

/// Uniform whole numbers for random shapes, in the order of the calls.
class Draw {
  public:
    explicit Draw(std::uint64_t seed) : stream_{seed, RandomPurpose::user, 0} {}
    std::int64_t operator()(std::int64_t low, std::int64_t high);  // both included

  private:
    RandomStream stream_;
    std::uint64_t next_ = 0;
};

/// The tensor of a spec on the CPU: values by (seed, element), rounded to `dtype` where the spec names none.
Tensor make_tensor(const TensorSpec& spec, DType dtype, std::uint64_t seed);
/// Pass::flops of the case's problem; 0 where nothing is counted.
double flops_of(const PassCase& pass_case);
/// Elements as double (CPU).
std::vector<double> to_doubles(const Tensor& tensor);
/// A copy in another dtype (floating types; others are returned as they are).
Tensor converted(const Tensor& tensor, DType dtype);

#define TERN_OP(name, files) OpCases name##_cases();
#include "tern/kernels/op_list.def"
#undef TERN_OP

struct NamedCases {
    const Op* op;
    OpCases cases;
};
/// The cases of all operations, in the order of op_list.def.
const std::vector<NamedCases>& all_cases();

}  // namespace tern::cases
