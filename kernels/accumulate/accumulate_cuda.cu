#include "tern/kernels/flat_cuda.cuh"

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

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    const Tensor &sum = problem.inputs[0], &term = problem.inputs[1], &result = problem.outputs[0];
    visit_cuda_floating(sum.dtype(), [&]<class T>() {
        visit_cuda_floating(term.dtype(), [&]<class U>() {
            launch_flat(Accumulate<T, U>{sum.data<T>(), term.data<U>(), result.data<T>()}, sum.numel(),
                        {sum, term, result}, stream);
        });
    });
}

bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    return accepts_cuda_types({problem.inputs[0], problem.inputs[1]}, why_not);
}

}  // namespace tern::accumulate_passes
