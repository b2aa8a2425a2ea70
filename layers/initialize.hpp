// Initial values of parameters, as Keras and PyTorch choose them.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "tern/core/random.hpp"
#include "tern/core/tensor.hpp"

namespace tern {

/// With fan_in and fan_out the inputs and outputs of one element of a weight (O, I, ...) times the taps of
/// its kernel: fan_in = I KH KW, fan_out = O KH KW. For a depthwise weight (C, 1, 3, 3) they are 9 and 9C;
/// Keras counts them the other way round, which the sum does not see.
enum class Initialization : std::uint8_t {
    /// Keras' default: weights uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot, Bengio 2010), biases 0.
    glorot_uniform,
    /// PyTorch's default: weights and biases uniform in +-1/sqrt(fan_in).
    pytorch,
    /// Weights normal with deviation sqrt(2 / fan_in) (He et al. 2015), biases 0.
    he_normal,
    /// Weights uniform in +-sqrt(6 / fan_in), biases 0.
    he_uniform,
};

struct Fans {
    std::int64_t in = 1, out = 1;
    /// Of a weight (O, I, ...); throws Error for rank below 2.
    static Fans of(const Shape& weight);
};

/// Fills one parameter after the other; the k-th draws from stream (seed, initialize, k).
class Initializer {
  public:
    Initializer(Initialization scheme, std::uint64_t seed) : scheme_(scheme), seed_(seed) {}

    void weight(const Tensor& tensor);
    /// `weight`: the one that the bias belongs to.
    void bias(const Tensor& tensor, const Shape& weight);
    void constant(const Tensor& tensor, double value);

    std::uint32_t filled() const { return filled_; }

  private:
    void uniform(const Tensor& tensor, double limit);
    void normal(const Tensor& tensor, double deviation);
    void fill(const Tensor& tensor, const std::function<double(const RandomStream&, std::uint64_t)>& value);

    Initialization scheme_;
    std::uint64_t seed_;
    std::uint32_t filled_ = 0;
};

}  // namespace tern
