#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"

#include <algorithm>
#include <array>

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace elementwise_binary_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_a_ref(const Problem& problem, const Stream& stream);
void backward_b_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_a_cpu(const Problem& problem, const Stream& stream);
void backward_b_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_a_cuda(const Problem& problem, const Stream& stream);
void backward_b_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& a, const Tensor& b, const Tensor& output,
                 const ElementwiseBinaryParams& params);

}  // namespace elementwise_binary_passes

using namespace elementwise_binary_passes;

const Op& elementwise_binary_op() {
    // The backward passes give gradients of the broadcast shape; sum_to() brings them to the shape of a or b.
    // add and sub have none: their gradients are +-dy.
    static const Op op{"elementwise_binary",
                       {{"elementwise_binary",
                         "forward",
                         {"a", "b"},
                         {"y"},
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, forward_cpu, accepts_float32},
                          {Backend::ref, forward_ref}},
                         flops_per_output<1>},
                        {"elementwise_binary",
                         "backward_a",
                         {"a", "b", "dy"},
                         {"da"},
                         {{Backend::cuda, TERN_IF_CUDA(backward_a_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, backward_a_cpu, accepts_float32},
                          {Backend::ref, backward_a_ref}},
                         flops_per_output<1>},
                        {"elementwise_binary",
                         "backward_b",
                         {"a", "b", "dy"},
                         {"db"},
                         {{Backend::cuda, TERN_IF_CUDA(backward_b_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, backward_b_cpu, accepts_float32},
                          {Backend::ref, backward_b_ref}},
                         flops_per_output<1>}}};
    return op;
}

Shape broadcast_shape(const Shape& a, const Shape& b) {
    const int rank = std::max(a.rank(), b.rank());
    std::vector<std::int64_t> extents;
    for (int d = -rank; d < 0; ++d) {
        const std::int64_t extent_a = d < -a.rank() ? 1 : a[d], extent_b = d < -b.rank() ? 1 : b[d];
        TERN_CHECK(extent_a == extent_b || extent_a == 1 || extent_b == 1, "broadcast", a, " and ", b,
                   " differ in dimension ", d, ": ", extent_a, " and ", extent_b);
        extents.push_back(extent_a == 1 ? extent_b : extent_a);
    }
    return Shape(extents);
}

namespace {

Tensor binary(BinaryKind kind, const Tensor& a, const Tensor& b) {
    static constexpr std::array kNames{"add", "sub", "mul", "div", "maximum", "minimum", "pow"};
    const char* const where = kNames.at(static_cast<std::size_t>(kind));
    TERN_CHECK(a.dtype() == b.dtype() && is_floating(a.dtype()), where,
               "both must be of one floating-point type, got ", a.dtype(), " and ", b.dtype());
    TERN_CHECK(a.device() == b.device(), where, "one is on ", a.device(), ", the other on ", b.device());
    const ElementwiseBinaryParams params{kind};
    const Tensor output = Tensor::empty(broadcast_shape(a.shape(), b.shape()), a.dtype(), a.device());
    static const Pass& forward = elementwise_binary_op().pass("forward");
    run_pass(forward, ParamsRef(params), {a, b}, {output});
    record_grad(a, b, output, params);
    return output;
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return binary(BinaryKind::add, a, b); }
Tensor sub(const Tensor& a, const Tensor& b) { return binary(BinaryKind::sub, a, b); }
Tensor mul(const Tensor& a, const Tensor& b) { return binary(BinaryKind::mul, a, b); }
Tensor div(const Tensor& a, const Tensor& b) { return binary(BinaryKind::div, a, b); }
Tensor maximum(const Tensor& a, const Tensor& b) { return binary(BinaryKind::maximum, a, b); }
Tensor minimum(const Tensor& a, const Tensor& b) { return binary(BinaryKind::minimum, a, b); }
Tensor pow(const Tensor& a, const Tensor& b) { return binary(BinaryKind::pow, a, b); }

}  // namespace tern
