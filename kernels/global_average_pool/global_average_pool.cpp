#include "tern/kernels/global_average_pool/global_average_pool.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace global_average_pool_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& output);

}  // namespace global_average_pool_passes

const Op& global_average_pool_op() {
    using namespace global_average_pool_passes;
    const auto implementations = [](auto ours, auto cpu_version, auto reference) {
        return std::vector<Implementation>{{Backend::cuda, ours, TERN_IF_CUDA(accepts_cuda)},
                                           {Backend::cpu, cpu_version, accepts_float32},
                                           {Backend::ref, reference}};
    };
    static const Op op{"global_average_pool",
                       {{"global_average_pool",
                         "forward",
                         {"x"},
                         {"y"},
                         implementations(TERN_IF_CUDA(forward_cuda), forward_cpu, forward_ref),
                         flops_per_input<1>},
                        {"global_average_pool",
                         "backward",
                         {"dy"},
                         {"dx"},
                         implementations(TERN_IF_CUDA(backward_cuda), backward_cpu, backward_ref),
                         flops_per_output<1>}}};
    return op;
}

Tensor global_average_pool(const Tensor& input) {
    const char* const where = "global_average_pool";
    TERN_CHECK(is_floating(input.dtype()), where, "the input must be of a floating-point type, got ",
               input.dtype());
    TERN_CHECK(input.rank() == 4 && input.dim(1) > 0 && input.dim(2) > 0, where,
               "the input must be (N, H, W, C) with at least one cell, got ", input.shape());
    const Tensor output = Tensor::empty({input.dim(0), input.dim(3)}, input.dtype(), input.device());
    static const Pass& forward = global_average_pool_op().pass("forward");
    run_pass(forward, ParamsRef(NoParams{}), {input}, {output});
    global_average_pool_passes::record_grad(input, output);
    return output;
}

}  // namespace tern
