#include "tern/layers/quantized/weight_scales.hpp"

#include <algorithm>
#include <cmath>

namespace tern {

Tensor weight_scales(const Tensor& weight) {
    const Tensor scales = Tensor::empty({weight.dim(0)}, DType::float32);
    const std::int64_t terms = weight.numel() / std::max<std::int64_t>(weight.dim(0), 1);
    const float* from = weight.data<float>();
    for (std::int64_t o = 0; o < weight.dim(0); ++o, from += terms) {
        float largest = 0;
        for (std::int64_t t = 0; t < terms; ++t) largest = std::max(largest, std::fabs(from[t]));
        const float scale = largest / kLargestWeight;
        scales.data<float>()[o] = std::isnormal(scale) && std::isfinite(1 / scale) ? scale : 1;
    }
    return scales;
}

}  // namespace tern
