#include "tern/kernels/accumulate/accumulate_passes.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::accumulate_passes {
namespace {

template <class T, class U>
struct Accumulate {
    static constexpr int kPack = cuda::kPackSize<std::conditional_t<(sizeof(T) > sizeof(U)), T, U>>;
    const T* sum;
    const U* term;
    T* result;  // may be sum

    template <int N>
    __device__ void run(std::int64_t i) const {
        float totals[N], terms[N];
        cuda::load_floats(sum + i, totals);
        cuda::load_floats(term + i, terms);
        for (int v = 0; v < N; ++v) totals[v] += terms[v];
        cuda::store_floats(totals, result + i);
    }
};

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &sum = pass.sum, &term = pass.term, &result = pass.result;
    visit_cuda_floating(sum.dtype(), [&]<class T>() {
        visit_cuda_floating(term.dtype(), [&]<class U>() {
            launch_flat(Accumulate<T, U>{sum.data<T>(), term.data<U>(), result.data<T>()}, sum.numel(),
                        {sum, term, result}, stream);
        });
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.sum, pass.term}, why_not);
}

}  // namespace tern::accumulate_passes
