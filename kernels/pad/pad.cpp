#include "tern/kernels/pad/pad.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace pad_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& output, const PadParams& params);

}  // namespace pad_passes

using namespace pad_passes;

const Op& pad_op() {
    static const Op op{"pad",
                       {{"pad",
                         "forward",
                         {"x"},
                         {"y"},
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, forward_cpu},
                          {Backend::ref, forward_ref}}},
                        {"pad",
                         "backward",
                         {"dy"},
                         {"dx"},
                         {{Backend::cuda, TERN_IF_CUDA(backward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, backward_cpu},
                          {Backend::ref, backward_ref}}}}};
    return op;
}

Shape pad_output_shape(const Shape& input,
                       const std::vector<std::pair<std::int64_t, std::int64_t>>& borders) {
    TERN_CHECK(static_cast<int>(borders.size()) == input.rank(), "pad", borders.size(),
               " borders for the shape ", input, ", expected one pair per dimension");
    std::vector<std::int64_t> extents;
    for (std::size_t d = 0; d < borders.size(); ++d) {
        const auto [before, after] = borders[d];
        TERN_CHECK(before >= 0 && after >= 0, "pad", "borders must be at least 0, got ", before,
                   " before and ", after, " after dimension ", d);
        extents.push_back(before + input[static_cast<int>(d)] + after);
    }
    return Shape(extents);
}

Tensor pad(const Tensor& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders,
           double value) {
    const Tensor output =
        Tensor::empty(pad_output_shape(input.shape(), borders), input.dtype(), input.device());
    const PadParams params{borders, value};
    static const Pass& forward = pad_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input}, {output});
    record_grad(input, output, params);
    return output;
}

}  // namespace tern
