#include "tern/kernels/matmul/matmul_passes.hpp"
#include "tern/kernels/shared/ref_index.hpp"
#include "tern/kernels/shared/reference.hpp"

namespace tern::matmul_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &a = pass.a, &b = pass.b, &c = pass.c;
    const auto [transpose_a, transpose_b] = pass.params;
    const std::int64_t rows = c.dim(-2), columns = c.dim(-1), terms = a.dim(transpose_a ? -2 : -1);
    const Shape batch = leading_shape(c.shape());
    visit_floating(a.dtype(), [&, transpose_a = transpose_a, transpose_b = transpose_b]<class T>() {
        const auto as = upcast<T>(a), bs = upcast<T>(b);
        std::vector<Compute<T>> sums(static_cast<std::size_t>(c.numel()));
        for (std::int64_t i = 0; i < batch.numel(); ++i) {
            const std::int64_t of_a = ref::operand_index(i, batch, leading_shape(a.shape())) * rows * terms;
            const std::int64_t of_b =
                ref::operand_index(i, batch, leading_shape(b.shape())) * terms * columns;
            for (std::int64_t m = 0; m < rows; ++m)
                for (std::int64_t k = 0; k < terms; ++k)
                    for (std::int64_t n = 0; n < columns; ++n) {
                        const std::int64_t in_a = transpose_a ? k * rows + m : m * terms + k;
                        const std::int64_t in_b = transpose_b ? n * terms + k : k * columns + n;
                        sums[(i * rows + m) * columns + n] += as[of_a + in_a] * bs[of_b + in_b];
                    }
        }
        store<T>(sums, c);
    });
}

}  // namespace tern::matmul_passes
