// One walk for all broadcasts: the innermost merged loop steps through each operand by 1 or stays, three loops that
// the compiler vectorises.
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
    const bool repeats_a = nest.innermost().strides[1] == 0, repeats_b = nest.innermost().strides[2] == 0;
    visit_any(a.dtype(), [&]<class T>() {
        const T *from_a = a.data<T>(), *from_b = b.data<T>();
        std::uint8_t* to = y.data<std::uint8_t>();
        visit_comparison(pass.params.kind, [&]<Comparison kKind>() {
            nest.for_each_run([=](const Nest::Offsets& at, std::int64_t count) {
                const T *const as = from_a + at[1], *const bs = from_b + at[2];
                std::uint8_t* const ys = to + at[0];
                const auto each = [=](auto a_of, auto b_of) {
                    for (std::int64_t i = 0; i < count; ++i)
                        ys[i] = compares(kKind, static_cast<Compared<T>>(a_of(i)),
                                         static_cast<Compared<T>>(b_of(i)));
                };
                const auto next_a = [as](std::int64_t i) { return as[i]; };
                const auto next_b = [bs](std::int64_t i) { return bs[i]; };
                if (repeats_a)
                    each([a = *as](std::int64_t) { return a; }, next_b);
                else if (repeats_b)
                    each(next_a, [b = *bs](std::int64_t) { return b; });
                else
                    each(next_a, next_b);
            });
        });
    });
}

}  // namespace tern::compare_passes
