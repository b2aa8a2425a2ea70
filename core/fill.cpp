#include "tern/core/fill.hpp"

#include <algorithm>

#include "tern/core/cuda/device_runtime.hpp"

namespace tern {

void fill(const Tensor& tensor, double value) {
    visit_any(tensor.dtype(), [&]<class T>() {
        const T element = element_of<T>(value);
        if (tensor.device().is_cpu())
            std::ranges::fill(tensor.elements<T>(), element);
        else
            cuda::fill_elements(tensor.raw_data(), &element, sizeof element, tensor.numel(),
                                current_stream(tensor.device()));
    });
    tensor.mark_changed();
}

}  // namespace tern
