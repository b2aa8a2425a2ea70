#include "tern/layers/initialize.hpp"

#include <cmath>

namespace tern {

Fans Fans::of(const Shape& weight) {
    TERN_CHECK(weight.rank() >= 2, "initialize", "a weight is (O, I, ...), got ", weight);
    std::int64_t taps = 1;
    for (int i = 2; i < weight.rank(); ++i) taps *= weight[i];
    return {weight[1] * taps, weight[0] * taps};
}

void Initializer::weight(const Tensor& tensor) {
    const Fans fans = Fans::of(tensor.shape());
    const auto in = static_cast<double>(fans.in), out = static_cast<double>(fans.out);
    switch (scheme_) {
        case Initialization::glorot_uniform:
            return uniform(tensor, std::sqrt(6 / (in + out)));
        case Initialization::pytorch:
            return uniform(tensor, 1 / std::sqrt(in));
        case Initialization::he_normal:
            return normal(tensor, std::sqrt(2 / in));
        case Initialization::he_uniform:
            return uniform(tensor, std::sqrt(6 / in));
    }
}

void Initializer::bias(const Tensor& tensor, const Shape& weight) {
    if (scheme_ == Initialization::pytorch)
        uniform(tensor, 1 / std::sqrt(static_cast<double>(Fans::of(weight).in)));
    else
        constant(tensor, 0);
}

void Initializer::constant(const Tensor& tensor, double value) {
    fill(tensor, [value](const RandomStream&, std::uint64_t) { return value; });
}

void Initializer::uniform(const Tensor& tensor, double limit) {
    fill(tensor, [limit](const RandomStream& stream, std::uint64_t i) {
        return limit * (2.0 * static_cast<double>(stream.uniform(i)) - 1.0);
    });
}

void Initializer::normal(const Tensor& tensor, double deviation) {
    fill(tensor,
         [deviation](const RandomStream& stream, std::uint64_t i) { return deviation * stream.normal(i); });
}

// Rounded to float32 whatever the type, so that float32 and float64 models start from the same numbers.
void Initializer::fill(const Tensor& tensor,
                       const std::function<double(const RandomStream&, std::uint64_t)>& value) {
    const RandomStream stream{seed_, RandomPurpose::initialize, filled_++};
    const Tensor host = Tensor::empty(tensor.shape(), tensor.dtype());
    visit_floating(tensor.dtype(), [&]<class T>() {
        std::uint64_t i = 0;
        for (T& element : host.elements<T>())
            element = static_cast<T>(static_cast<float>(value(stream, i++)));
    });
    tensor.copy_from(host);
}

}  // namespace tern
