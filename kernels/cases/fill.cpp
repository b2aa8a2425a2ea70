// Tensors of cases.
#include <cmath>

#include "tern/kernels/cases/cases.hpp"

namespace tern::cases {

Tensor make_tensor(const TensorSpec& spec, DType dtype, std::uint64_t seed) {
    if (!spec.defined) return {};
    const Tensor tensor = Tensor::empty(spec.shape, spec.dtype.value_or(dtype));
    const RandomStream stream{seed, RandomPurpose::user, 1};
    const bool floating = is_floating(tensor.dtype());
    visit_any(tensor.dtype(), [&]<class T>() {
        T* const data = tensor.data<T>();
        Random4 block{};  // of two elements, with 64 bits each
        for (std::int64_t i = 0; i < tensor.numel(); ++i) {
            const auto half = static_cast<std::size_t>(i % 2 * 2);
            if (half == 0) block = stream.bits(static_cast<std::uint64_t>(i / 2));
            // 53 bits, so that float64 tests are not fed with numbers that float32 holds exactly.
            const std::uint64_t bits = (std::uint64_t{block.v[half + 1]} << 32) | block.v[half];
            const double unit = static_cast<double>(bits >> 11) * 0x1p-53;
            double value = floating ? spec.low + (spec.high - spec.low) * unit
                                    : spec.low + std::floor((spec.high - spec.low + 1) * unit);
            if (spec.step > 0) value = std::round(value / spec.step) * spec.step;
            data[i] = static_cast<T>(value);
        }
    });
    return tensor;
}

double flops_of(const PassCase& pass_case) {
    const Pass& pass = *pass_case.pass;
    if (pass.flops == nullptr) return 0;
    const auto unfilled = [](const std::vector<TensorSpec>& specs) {
        Tensors tensors;
        for (const TensorSpec& spec : specs)
            tensors.push_back(spec.defined ? Tensor::empty(spec.shape, DType::uint8) : Tensor());
        return tensors;
    };
    const Tensors inputs = unfilled(pass_case.inputs), outputs = unfilled(pass_case.outputs);
    return pass.flops({pass, pass_case.params.ref(), inputs, outputs});
}

std::vector<double> to_doubles(const Tensor& tensor) {
    return visit_any(tensor.dtype(), [&]<class T>() {
        const std::span<T> elements = tensor.elements<T>();
        std::vector<double> values(elements.size());
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(elements[i]);
        return values;
    });
}

Tensor converted(const Tensor& tensor, DType dtype) {
    if (!tensor.defined() || !is_floating(tensor.dtype()) || tensor.dtype() == dtype) return tensor;
    const std::vector<double> values = to_doubles(tensor);
    const Tensor result = Tensor::empty(tensor.shape(), dtype);
    visit_floating(dtype, [&]<class T>() {
        for (std::size_t i = 0; i < values.size(); ++i) result.data<T>()[i] = static_cast<T>(values[i]);
    });
    return result;
}

}  // namespace tern::cases
