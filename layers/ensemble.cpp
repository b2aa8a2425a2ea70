#include "tern/layers/ensemble.hpp"

#include "tern/core/error.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/softmax/softmax.hpp"

namespace tern {

Ensemble::Ensemble(std::vector<std::unique_ptr<Module>> members) {
    TERN_CHECK(!members.empty(), "ensemble", "needs at least one member");
    for (std::size_t i = 0; i < members.size(); ++i) adopt(std::to_string(i), std::move(members[i]));
}

Features Ensemble::forward(Features input) {
    const Tensor x = input;
    Tensor sum;
    for (std::size_t i = 0; i < child_count(); ++i) {
        const Tensor logits = child(i)(x);
        const Tensor p = softmax(cast(logits, compute_dtype(logits.dtype())));
        TERN_CHECK(i == 0 || p.shape() == sum.shape(), "ensemble", "member ", i, " answers ", p.shape(),
                   ", the others ", sum.shape());
        sum = i == 0 ? p : sum + p;
    }
    const Tensor smallest = Tensor::full({}, 0x1p-126, sum.dtype(), sum.device());
    return log(maximum(sum * (1 / static_cast<double>(child_count())), smallest));
}

}  // namespace tern
