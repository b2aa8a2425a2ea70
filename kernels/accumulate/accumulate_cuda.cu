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

/// Sums of losses and metrics, a few numbers each.
struct AccumulateDoubles {
    const double *sum, *term;
    double* result;  // may be sum

    __device__ void operator()(std::int64_t i) const { result[i] = sum[i] + term[i]; }
};

bool are_doubles(const Forward& pass) {
    return pass.sum.dtype() == DType::float64 && pass.term.dtype() == DType::float64;
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &sum = pass.sum, &term = pass.term, &result = pass.result;
    if (are_doubles(pass))
        return launch_elements(
            AccumulateDoubles{sum.data<double>(), term.data<double>(), result.data<double>()}, sum.numel(),
            stream);
    visit_cuda_floating(sum.dtype(), [&]<class T>() {
        visit_cuda_floating(term.dtype(), [&]<class U>() {
            launch_flat(Accumulate<T, U>{sum.data<T>(), term.data<U>(), result.data<T>()}, sum.numel(),
                        {sum, term, result}, stream);
        });
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return are_doubles(pass) || accepts_cuda_types({pass.sum, pass.term}, why_not);
}

}  // namespace tern::accumulate_passes
