// A thread per element of the result, in both directions.
#include "tern/kernels/index_select/index_select_passes.hpp"
#include "tern/kernels/shared/index_cuda.cuh"

namespace tern::index_select_passes {

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}

void run(Cuda, const Forward& pass, const Stream& stream) {
    copy_indexed<IndexOf::place>(pass.x, pass.index, pass.params.axis, pass.y, stream);
}

bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_cuda_types({pass.dx}, why_not) && accepts_cuda_offsets(tensors_of(pass), why_not);
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    add_indexed<IndexOf::place>(pass.dy, pass.index, pass.params.axis, pass.dx, stream);
}

}  // namespace tern::index_select_passes
