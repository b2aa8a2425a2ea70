#include "tern/kernels/accumulate/accumulate.hpp"

#include "tern/kernels/accumulate/accumulate_passes.hpp"

namespace tern {

using namespace accumulate_passes;

const Op& accumulate_op() {
    static const Op op{"accumulate", {pass_of<Forward, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

void accumulate(const Tensor& sum, const Tensor& term) {
    TERN_CHECK(sum.shape() == term.shape(), "accumulate", "cannot add ", term, " to ", sum);
    run_pass(Forward{.sum = sum, .term = term, .result = sum});
}

}  // namespace tern
