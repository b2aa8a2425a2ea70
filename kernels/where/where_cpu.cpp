// One walk for all broadcasts: the innermost merged loop steps through each operand or stays.
#include "tern/kernels/shared/loop_nest.hpp"
#include "tern/kernels/where/where_passes.hpp"

namespace tern::where_passes {

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
            for (std::int64_t i = 0; i < count; ++i) {
                const bool first = condition[at[1] + i * steps[1]] != 0;
                to[at[0] + i] = first ? a[at[2] + i * steps[2]] : b[at[3] + i * steps[3]];
            }
        });
    });
}

}  // namespace tern::where_passes
