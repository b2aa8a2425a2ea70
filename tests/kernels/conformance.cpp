#include "tern/tests/kernels/conformance.hpp"

#include <deque>

#include "tern/kernels/cases/conformance.hpp"
#include "tern/tests/kernels/guarded.hpp"

namespace tern::test {

using cases::dtype_of_spec, cases::make_inputs, cases::PassCase;

std::string check_conformance(const PassCase& pass_case, DType dtype, RunFunction run, std::uint64_t seed) {
    const Tensors values = make_inputs(pass_case, dtype, seed);
    std::deque<Guarded> inputs, outputs;
    Tensors input_tensors, output_tensors;
    for (const Tensor& value : values) {
        if (value.defined())
            input_tensors.push_back(inputs.emplace_back(value, false).tensor());
        else
            input_tensors.emplace_back();
    }
    for (std::size_t i = 0; i < pass_case.outputs.size(); ++i) {
        const cases::TensorSpec& spec = pass_case.outputs[i];
        if (!spec.defined)
            output_tensors.emplace_back();
        else if (pass_case.in_place)
            output_tensors.push_back(outputs.emplace_back(values[i], false).tensor());
        else
            output_tensors.push_back(
                outputs.emplace_back(Tensor::empty(spec.shape, dtype_of_spec(spec, dtype)), true).tensor());
    }
    run({*pass_case.pass, pass_case.params.ref(), input_tensors, output_tensors},
        current_stream(Device::cpu()));

    for (const auto* buffers : {&inputs, &outputs}) {
        for (const Guarded& buffer : *buffers) {
            if (!buffer.intact()) return to_text("wrote outside ", buffer.tensor());
        }
    }
    return cases::compare_with_ref(pass_case, values, output_tensors);
}

bool accepts_case(const PassCase& pass_case, DType dtype, const Implementation& implementation) {
    const Tensors inputs = make_inputs(pass_case, dtype, 1);
    Tensors outputs;
    for (const cases::TensorSpec& spec : pass_case.outputs) {
        outputs.push_back(spec.defined ? Tensor::empty(spec.shape, dtype_of_spec(spec, dtype)) : Tensor());
    }
    const Problem problem{*pass_case.pass, pass_case.params.ref(), inputs, outputs};
    if (implementation.device != DeviceType::cpu || implementation.run == nullptr) return false;
    return implementation.accepts == nullptr || implementation.accepts(problem, nullptr);
}

}  // namespace tern::test
