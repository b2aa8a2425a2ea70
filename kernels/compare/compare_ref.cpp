#include "tern/kernels/compare/compare_passes.hpp"
#include "tern/kernels/shared/ref_index.hpp"

namespace tern::compare_passes {
namespace {

template <class T>
bool holds(Comparison kind, T a, T b) {
    switch (kind) {
        case Comparison::equal:
            return a == b;
        case Comparison::not_equal:
            return a != b;
        case Comparison::less:
            return a < b;
        case Comparison::less_equal:
            return a <= b;
        case Comparison::greater:
            return a > b;
        case Comparison::greater_equal:
            return a >= b;
    }
    TERN_ASSERT(false);
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &a = pass.a, &b = pass.b, &y = pass.y;
    visit_any(a.dtype(), [&]<class T>() {
        // 16-bit types compare as the numbers they are
        using Number = std::conditional_t<std::is_integral_v<T>, T, Compute<T>>;
        for (std::int64_t i = 0; i < y.numel(); ++i) {
            const auto at_a = static_cast<Number>(a.data<T>()[ref::operand_index(i, y.shape(), a.shape())]);
            const auto at_b = static_cast<Number>(b.data<T>()[ref::operand_index(i, y.shape(), b.shape())]);
            y.data<std::uint8_t>()[i] = holds(pass.params.kind, at_a, at_b) ? 1 : 0;
        }
    });
}

}  // namespace tern::compare_passes
