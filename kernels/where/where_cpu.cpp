// One walk for all broadcasts: the innermost merged loop steps through each operand by 1 or stays, which are loops
// that the compiler vectorises.
#include <algorithm>

#include "tern/kernels/shared/loop_nest.hpp"
#include "tern/kernels/where/where_passes.hpp"

namespace tern::where_passes {

namespace {

template <class T>
void copy(T* to, const T* from, std::int64_t step, std::int64_t count) {
    if (step == 0)
        std::fill_n(to, count, *from);
    else
        std::copy_n(from, count, to);
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor& y = pass.y;
    const auto strides_y = row_major_strides(y.shape());
    const auto strides_c = broadcast_strides(pass.condition.shape(), y.shape());
    const auto strides_a = broadcast_strides(pass.a.shape(), y.shape());
    const auto strides_b = broadcast_strides(pass.b.shape(), y.shape());
    using Nest = LoopNest<4>;
    Nest nest;
    for (int d = 0; d < y.rank(); ++d)
        nest.add(y.dim(d), {strides_y[d], strides_c[d], strides_a[d], strides_b[d]});
    const auto steps = nest.innermost().strides;
    visit_any(y.dtype(), [&]<class T>() {
        const std::uint8_t* condition = pass.condition.data<std::uint8_t>();
        const T *a = pass.a.data<T>(), *b = pass.b.data<T>();
        T* to = y.data<T>();
        nest.for_each_run([=](const Nest::Offsets& at, std::int64_t count) {
            const std::uint8_t* const which = condition + at[1];
            const T *const first = a + at[2], *const second = b + at[3];
            T* const ys = to + at[0];
            const auto each = [=](auto a_of, auto b_of) {
                for (std::int64_t i = 0; i < count; ++i) {
                    const T one = a_of(i), other = b_of(i);  // both, so that it is a choice and no branch
                    ys[i] = which[i] != 0 ? one : other;
                }
            };
            const auto next_a = [=](std::int64_t i) { return first[i]; };
            const auto next_b = [=](std::int64_t i) { return second[i]; };
            const auto same_a = [one = *first](std::int64_t) { return one; };
            const auto same_b = [other = *second](std::int64_t) { return other; };
            if (steps[1] == 0)
                *which != 0 ? copy(ys, first, steps[2], count) : copy(ys, second, steps[3], count);
            else if (steps[2] == 0)
                steps[3] == 0 ? each(same_a, same_b) : each(same_a, next_b);
            else
                steps[3] == 0 ? each(next_a, same_b) : each(next_a, next_b);
        });
    });
}

}  // namespace tern::where_passes
