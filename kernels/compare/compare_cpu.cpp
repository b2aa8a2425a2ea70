// One walk for all broadcasts: the innermost merged loop steps through each operand or stays.
#include "tern/kernels/compare/compare_functions.hpp"
#include "tern/kernels/compare/compare_passes.hpp"
#include "tern/kernels/shared/loop_nest.hpp"

namespace tern::compare_passes {
namespace {

// With the kind as a constant, so that it is no branch for each element.
template <class F>
void visit_comparison(Comparison kind, F function) {
    using enum Comparison;
    switch (kind) {
        case equal:
            return function.template operator()<equal>();
        case not_equal:
            return function.template operator()<not_equal>();
        case less:
            return function.template operator()<less>();
        case less_equal:
            return function.template operator()<less_equal>();
        case greater:
            return function.template operator()<greater>();
        case greater_equal:
            return function.template operator()<greater_equal>();
    }
    TERN_ASSERT(false);
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &a = pass.a, &b = pass.b, &y = pass.y;
    const auto strides_y = row_major_strides(y.shape());
    const auto strides_a = broadcast_strides(a.shape(), y.shape());
    const auto strides_b = broadcast_strides(b.shape(), y.shape());
    using Nest = LoopNest<3>;
    Nest nest;
    for (int d = 0; d < y.rank(); ++d) nest.add(y.dim(d), {strides_y[d], strides_a[d], strides_b[d]});
    const auto steps = nest.innermost().strides;
    visit_any(a.dtype(), [&]<class T>() {
        const T *from_a = a.data<T>(), *from_b = b.data<T>();
        std::uint8_t* to = y.data<std::uint8_t>();
        visit_comparison(pass.params.kind, [&]<Comparison kKind>() {
            nest.for_each_run([=](const Nest::Offsets& at, std::int64_t count) {
                for (std::int64_t i = 0; i < count; ++i) {
                    const auto one = static_cast<Compared<T>>(from_a[at[1] + i * steps[1]]);
                    const auto other = static_cast<Compared<T>>(from_b[at[2] + i * steps[2]]);
                    to[at[0] + i] = compares(kKind, one, other) ? 1 : 0;
                }
            });
        });
    });
}

}  // namespace tern::compare_passes
