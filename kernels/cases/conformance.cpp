#include "tern/kernels/cases/conformance.hpp"

#include <algorithm>
#include <cmath>

#include "tern/kernels/dispatch/pass.hpp"

namespace tern::cases {
namespace {

const Implementation& reference(const Pass& pass) {
    TERN_CHECK(pass.implementations.back().name == Ref::kName, pass.op, "ref is not the last of ", pass.name);
    return pass.implementations.back();
}

// ref in float64.
Tensors exact(const PassCase& pass_case, const Tensors& inputs, bool absolute) {
    Tensors wide;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        Tensor copy = pass_case.inputs[i].fixed ? inputs[i] : converted(inputs[i], DType::float64);
        if (absolute && copy.defined() && copy.dtype() == DType::float64) {
            copy = copy.clone();
            for (double& value : copy.elements<double>()) value = std::fabs(value);
        }
        wide.push_back(copy);
    }
    Tensors outputs;
    for (std::size_t i = 0; i < pass_case.outputs.size(); ++i) {
        const TensorSpec& spec = pass_case.outputs[i];
        if (!spec.defined)
            outputs.emplace_back();
        else if (pass_case.in_place)
            outputs.push_back(wide[i].clone());
        else
            outputs.push_back(Tensor::empty(spec.shape, dtype_of_spec(spec, DType::float64)));
    }
    const Pass& pass = *pass_case.pass;
    reference(pass).run({pass, pass_case.params.ref(), wide, outputs}, current_stream(Device::cpu()));
    return outputs;
}

double largest_magnitude(const Tensor& tensor) {
    double largest = 0;
    for (const double value : to_doubles(tensor)) largest = std::max(largest, std::fabs(value));
    return largest;
}

// Distance between neighbouring numbers of a 16-bit type near `value`.
double rounding_step(double value, DType dtype) {
    if (dtype != DType::bfloat16 && dtype != DType::float16) return 0;
    const double smallest = dtype == DType::float16 ? 0x1p-24 : 0x1p-133;
    if (value == 0 || !std::isfinite(value)) return smallest;
    return std::max(smallest, std::exp2(std::floor(std::log2(std::fabs(value)))) * epsilon_of(dtype));
}

// eps_of_parts: of the type that parts of the operation are rounded to
std::string compare(const Tensor& got, const Tensor& want, const Tensor& magnitudes, const Bound& bound,
                    double eps_of_parts) {
    const std::vector<double> values = to_doubles(got), truth = to_doubles(want);
    const std::vector<double> magnitude = to_doubles(magnitudes);
    const double eps = epsilon_of(got.dtype() == DType::float64 ? DType::float64 : DType::float32);
    const double relative = bound.factor * eps + std::pow(1 + eps_of_parts / 2, bound.roundings) - 1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] == truth[i]) continue;  // infinities too
        const double allowed =
            relative * (std::fabs(magnitude[i]) + bound.floor) + rounding_step(truth[i], got.dtype());
        const double error = std::fabs(values[i] - truth[i]);
        if (!(error <= allowed)) {
            return to_text("element ", i, " of ", got, " is ", values[i], ", ref in float64 gives ", truth[i],
                           ", off by ", error, ", allowed ", allowed);
        }
    }
    return {};
}

}  // namespace

DType dtype_of_spec(const TensorSpec& spec, DType dtype) {
    const DType own = spec.dtype.value_or(dtype);
    if (spec.fixed) return own;
    return dtype == DType::float64 && is_floating(own) ? DType::float64 : own;
}

Tensors make_inputs(const PassCase& pass_case, DType dtype, std::uint64_t seed) {
    Tensors inputs;
    for (TensorSpec spec : pass_case.inputs) {
        spec.dtype = dtype_of_spec(spec, dtype);
        inputs.push_back(make_tensor(spec, dtype, seed + inputs.size()));
    }
    return inputs;
}

std::string compare_with_ref(const PassCase& pass_case, const Tensors& inputs,
                             std::span<const Tensor> outputs) {
    TERN_CHECK(pass_case.bounds.size() == pass_case.outputs.size(), pass_case.pass->op,
               "a case needs a bound per output");
    const Tensors want = exact(pass_case, inputs, false);
    Tensors magnitudes = want;
    for (const Bound& bound : pass_case.bounds) {
        if (bound.magnitude != Bound::Magnitude::absolute_inputs) continue;
        magnitudes = exact(pass_case, inputs, true);
        break;
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (!outputs[i].defined()) continue;
        const Bound& bound = pass_case.bounds[i];
        Tensor magnitude = want[i];
        if (bound.magnitude == Bound::Magnitude::absolute_inputs) magnitude = magnitudes[i];
        if (bound.magnitude == Bound::Magnitude::largest_inputs)
            magnitude = Tensor::full(
                want[i].shape(), largest_magnitude(inputs[0]) * largest_magnitude(inputs[1]), DType::float64);
        const std::string problem = compare(outputs[i], want[i], magnitude, bound,
                                            bound.roundings > 0 ? epsilon_of(inputs[0].dtype()) : 0);
        if (!problem.empty()) return to_text(pass_case.pass->outputs.at(i), ": ", problem);
    }
    return {};
}

}  // namespace tern::cases
