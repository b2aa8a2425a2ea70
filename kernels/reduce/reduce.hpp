// Sums, means and extremes over some dimensions.
#pragma once

#include <cstdint>
#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

enum class Reduction : std::uint8_t { sum, mean, max, min };

struct ReduceParams {
    Reduction kind = Reduction::sum;
    std::uint32_t axes = 0;  // bit d: dimension d is reduced
};

/// Over the dimensions `axes` (negative ones count from the last), which vanish or, with `keep_dims`, keep
/// the extent 1; without `axes` over all, with an empty list over none (the input's numbers). The input is of a floating-point type; sums of 16-bit types are
/// added up in float32. A NaN gives a NaN. Throws Error for an axis out of range or named twice, and for a
/// mean, maximum or minimum of no elements. Differentiable; elements that tie for the extreme share its
/// gradient evenly, and so do NaNs.
Tensor sum(const Tensor& input);
Tensor sum(const Tensor& input, const std::vector<int>& axes, bool keep_dims = false);
Tensor mean(const Tensor& input);
Tensor mean(const Tensor& input, const std::vector<int>& axes, bool keep_dims = false);
Tensor max(const Tensor& input);
Tensor max(const Tensor& input, const std::vector<int>& axes, bool keep_dims = false);
Tensor min(const Tensor& input);
Tensor min(const Tensor& input, const std::vector<int>& axes, bool keep_dims = false);

/// The mean squared distance from the mean, divided by M - correction for the M elements of a result:
/// unbiased with 1, as PyTorch's var(), the batch norms' with 0. Throws Error unless M is above `correction`.
Tensor variance(const Tensor& input, const std::vector<int>& axes, bool keep_dims = false,
                int correction = 1);

/// Undoes broadcasting: the sum of `input` over the dimensions in which `shape`, aligned at the last one, has
/// extent 1 or none. `input` itself where it has that shape already.
Tensor sum_to(const Tensor& input, const Shape& shape);

}  // namespace tern
