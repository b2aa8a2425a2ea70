#include "tern/kernels/update_statistics/update_statistics.hpp"

#include "tern/kernels/op.hpp"

namespace tern::update_statistics_passes {
namespace {

// result = (1 - momentum) running + momentum * correction * value
void average(const Tensor& result, const Tensor& running, const Tensor& value, double momentum,
             double correction) {
    visit_floating(running.dtype(), [&]<class T>() {
        visit_floating(value.dtype(), [&]<class U>() {
            using Real = Compute<T>;
            const auto keep = static_cast<Real>(1 - momentum);
            const auto take = static_cast<Real>(momentum * correction);
            for (std::int64_t c = 0; c < running.numel(); ++c) {
                result.data<T>()[c] = static_cast<T>(keep * static_cast<Real>(running.data<T>()[c]) +
                                                     take * static_cast<Real>(value.data<U>()[c]));
            }
        });
    });
}

}  // namespace

void forward_ref(const Problem& problem, const Stream&) {
    const auto& [momentum, values] = problem.params<UpdateStatisticsParams>();
    const double unbiased = static_cast<double>(values) / static_cast<double>(values - 1);
    average(problem.outputs[0], problem.inputs[0], problem.inputs[3], momentum, 1);
    average(problem.outputs[1], problem.inputs[1], problem.inputs[4], momentum, unbiased);
    *problem.outputs[2].data<std::int64_t>() = *problem.inputs[2].data<std::int64_t>() + 1;
}

}  // namespace tern::update_statistics_passes
