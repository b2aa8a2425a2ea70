#include "tern/kernels/permute/permute.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace permute_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& output, const PermuteParams& params);

}  // namespace permute_passes

using namespace permute_passes;

const Op& permute_op() {
    static const Op op{"permute",
                       {{"permute",
                         "forward",
                         {"x"},
                         {"y"},
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, forward_cpu},
                          {Backend::ref, forward_ref}}}}};
    return op;
}

namespace {

std::string text_of(const std::vector<int>& order) {
    std::string text = "(";
    for (const int d : order) text += to_text(text.size() > 1 ? "," : "", d);
    return text + ')';
}

}  // namespace

Shape permute_output_shape(const Shape& input, const std::vector<int>& order) {
    std::vector<std::int64_t> extents;
    std::vector<bool> seen(order.size());
    bool valid = static_cast<int>(order.size()) == input.rank();
    for (const int d : order) {
        valid = valid && d >= 0 && d < input.rank() && !seen[d];
        if (!valid) break;
        seen[d] = true;
        extents.push_back(input[d]);
    }
    TERN_CHECK(valid, "permute", "the order must hold each of the ", input.rank(), " dimensions of ", input,
               " once, got ", text_of(order));
    return Shape(extents);
}

Tensor permute(const Tensor& input, const std::vector<int>& order) {
    const Tensor output =
        Tensor::empty(permute_output_shape(input.shape(), order), input.dtype(), input.device());
    const PermuteParams params{order};
    static const Pass& forward = permute_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input}, {output});
    record_grad(input, output, params);
    return output;
}

}  // namespace tern
