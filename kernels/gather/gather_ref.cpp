#include <vector>

#include "tern/kernels/gather/gather_passes.hpp"
#include "tern/kernels/shared/ref_index.hpp"
#include "tern/kernels/shared/reference.hpp"

namespace tern::gather_passes {
namespace {

// Calls visit(element of the index, element of the tensor that it names).
template <class F>
void for_each_pair(const Tensor& index, const Shape& whole, int axis, F visit) {
    visit_index(index, [&]<class Index>() {
        for (std::int64_t i = 0; i < index.numel(); ++i) {
            ref::Position at = ref::position_of(i, index.shape());
            at[axis] = static_cast<std::int64_t>(index.data<Index>()[i]);
            visit(i, ref::flat_of(at, whole));
        }
    });
}

}  // namespace

void run(Ref, const Forward& pass, const Stream&) {
    visit_any(pass.x.dtype(), [&]<class T>() {
        for_each_pair(pass.index, pass.x.shape(), pass.params.axis,
                      [&](auto to, auto from) { pass.y.data<T>()[to] = pass.x.data<T>()[from]; });
    });
}

void run(Ref, const Backward& pass, const Stream&) {
    visit_floating(pass.dy.dtype(), [&]<class T>() {
        const auto dy = upcast<T>(pass.dy);
        std::vector<Compute<T>> sums(static_cast<std::size_t>(pass.dx.numel()));
        for_each_pair(pass.index, pass.dx.shape(), pass.params.axis,
                      [&](auto from, auto to) { sums[to] += dy[from]; });
        store<T>(sums, pass.dx);
    });
}

}  // namespace tern::gather_passes
