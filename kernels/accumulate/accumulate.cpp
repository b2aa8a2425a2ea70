#include "tern/kernels/accumulate/accumulate.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace accumulate_passes {
void forward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
}  // namespace accumulate_passes

const Op& accumulate_op() {
    using namespace accumulate_passes;
    static const Op op{"accumulate",
                       {{"accumulate",
                         "forward",
                         {"sum", "term"},
                         {"sum"},  // may be the tensor of the input
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, forward_cpu, accepts_float32},
                          {Backend::ref, forward_ref}},
                         flops_per_output<1>}}};
    return op;
}

void accumulate(const Tensor& sum, const Tensor& term) {
    TERN_CHECK(sum.shape() == term.shape(), "accumulate", "cannot add ", term, " to ", sum);
    static const Pass& forward = accumulate_op().pass("forward");
    run_pass(forward, ParamsRef(NoParams{}), {sum, term}, {sum});
}

}  // namespace tern
