#include "tern/kernels/shared/ref_index.hpp"
#include "tern/kernels/where/where_passes.hpp"

namespace tern::where_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &condition = pass.condition, &a = pass.a, &b = pass.b, &y = pass.y;
    visit_any(y.dtype(), [&]<class T>() {
        for (std::int64_t i = 0; i < y.numel(); ++i) {
            const auto at = [&](const Tensor& operand) {
                return ref::operand_index(i, y.shape(), operand.shape());
            };
            const bool first = condition.data<std::uint8_t>()[at(condition)] != 0;
            y.data<T>()[i] = first ? a.data<T>()[at(a)] : b.data<T>()[at(b)];
        }
    });
}

}  // namespace tern::where_passes
