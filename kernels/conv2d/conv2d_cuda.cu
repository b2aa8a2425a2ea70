// All passes are matrix products in which one factor is the image as its windows read it, a matrix that is
// never stored (kernels/gemm/operand_cuda.cuh). In every group, with taps t = (kh, kw):
//   y (cells, O)      = windows of x (cells, (t, I)) times w ((t, I), O)
//   dx (cells, I)     = windows of dy (cells, (t, O)) times w ((t, O), I)
//   dw (O, (t, I))    = dy (cells, O), transposed, times windows of x (cells, (t, I))
// Channels lie side by side in images, so that taps are the slower part of a depth; the filter, (O, I, KH,
// KW) in memory, is copied in that order first, 9 to 150 thousand numbers beside images of millions.
#include "tern/kernels/conv2d/conv2d.hpp"

#include "tern/kernels/gemm/gemm_cuda.cuh"

namespace tern::conv2d_passes {
namespace {

using gemm::Arithmetic, gemm::MatrixOperand, gemm::Output, gemm::WindowOperand, gemm::Windows;

/// to (G, O/G, T, I/G), or by inputs (G, I/G, T, O/G), from w (O, I/G, T).
template <class T>
struct CopyFilter {
    const T* from;
    T* to;
    int outputs, inputs, taps;  // of a group
    bool by_inputs;

    __device__ void operator()(std::int64_t i) const {
        const int size = outputs * inputs * taps;
        const int group = static_cast<int>(i) / size, own = static_cast<int>(i) % size;
        const int inner = by_inputs ? outputs : inputs;
        const int last = own % inner, tap = own / inner % taps, first = own / inner / taps;
        const int o = by_inputs ? last : first, c = by_inputs ? first : last;
        to[i] = from[((group * outputs + o) * inputs + c) * taps + tap];
    }
};

struct Sizes {
    int groups, outputs, inputs, taps;  // outputs and inputs of a group

    Sizes(const Tensor& w, std::int64_t all_groups)
        : groups(static_cast<int>(all_groups)),
          outputs(static_cast<int>(w.dim(0) / all_groups)),
          inputs(static_cast<int>(w.dim(1))),
          taps(static_cast<int>(w.dim(2) * w.dim(3))) {}
};

template <class T>
Tensor copy_filter(const Tensor& w, const Sizes& s, bool by_inputs, const Stream& stream) {
    const Tensor copy = Tensor::empty({w.numel()}, w.dtype(), stream.device);
    launch_elements(CopyFilter<T>{w.data<T>(), copy.data<T>(), s.outputs, s.inputs, s.taps, by_inputs},
                    w.numel(), stream);
    return copy;
}

/// result (cells, channels) = windows of `image` times the filter, summed over (taps, channels of the image).
/// `by_inputs`: the result's channels are the filter's inputs.
template <Arithmetic arithmetic>
void multiply_windows(const Windows& windows, const Tensor& image, const Tensor& w, const Sizes& s,
                      bool by_inputs, const Tensor& bias, const Tensor& result, const Stream& stream) {
    const int summed = by_inputs ? s.outputs : s.inputs, columns = by_inputs ? s.inputs : s.outputs;
    const int depth = s.taps * summed;
    gemm::visit_product_type<arithmetic>(image.dtype(), [&]<class T>() {
        const Tensor filter = copy_filter<T>(w, s, by_inputs, stream);
        const WindowOperand<T, true> left{image.data<T>(), windows};
        const MatrixOperand<T, true> right{filter.data<T>(), columns, depth, depth, columns * depth};
        Output<T> output{result.data<T>(),   bias ? bias.data<T>() : nullptr,
                         windows.cells,      columns,
                         s.groups * columns, columns};
        output.wide = gemm::can_pack<T>(result, columns);
        if (gemm::can_pack<T>(image, summed) && gemm::can_pack<T>(filter, summed))
            gemm::launch_product<arithmetic, false, cuda::kPackSize<T>>(left, right, output, depth, s.groups,
                                                                        stream);
        else
            gemm::launch_product<arithmetic, false, 1>(left, right, output, depth, s.groups, stream);
    });
}

template <Arithmetic arithmetic>
void forward(const Problem& problem, const Stream& stream) {
    const Tensor &x = problem.inputs[0], &w = problem.inputs[1], &y = problem.outputs[0];
    const auto& [window, groups] = problem.params<Conv2dParams>();
    multiply_windows<arithmetic>(Windows::forward(x.shape(), y.shape(), window, groups), x, w,
                                 Sizes(w, groups), false, problem.inputs[2], y, stream);
}

template <Arithmetic arithmetic>
void backward_input(const Problem& problem, const Stream& stream) {
    const Tensor &dy = problem.inputs[0], &w = problem.inputs[1], &dx = problem.outputs[0];
    const auto& [window, groups] = problem.params<Conv2dParams>();
    multiply_windows<arithmetic>(Windows::backward(dx.shape(), dy.shape(), window, groups), dy, w,
                                 Sizes(w, groups), true, {}, dx, stream);
}

template <Arithmetic arithmetic>
void backward_weight(const Problem& problem, const Stream& stream) {
    const Tensor &x = problem.inputs[0], &dy = problem.inputs[1], &dw = problem.outputs[0];
    const auto& [window, groups] = problem.params<Conv2dParams>();
    const Sizes s(dw, groups);
    const int columns = s.taps * s.inputs, all_outputs = s.groups * s.outputs;
    const Windows windows = Windows::forward(x.shape(), dy.shape(), window, groups);
    gemm::visit_product_type<arithmetic>(x.dtype(), [&]<class T>() {
        const MatrixOperand<T, false> left{dy.data<T>(), s.outputs, windows.cells, all_outputs, s.outputs};
        const WindowOperand<T, false> right{x.data<T>(), windows};
        Output<T> output{dw.data<T>(), nullptr, s.outputs, columns, columns, s.outputs * columns};
        output.taps = s.taps;
        output.wide = s.taps == 1 && gemm::can_pack<T>(dw, columns);
        if (gemm::can_pack<T>(x, s.inputs) && gemm::can_pack<T>(dy, s.outputs))
            gemm::launch_product<arithmetic, true, cuda::kPackSize<T>>(left, right, output, windows.cells,
                                                                       s.groups, stream);
        else
            gemm::launch_product<arithmetic, true, 1>(left, right, output, windows.cells, s.groups, stream);
    });
}

// What indices of 32 bits and a grid can express.
bool accepts(const Problem& problem, Arithmetic arithmetic, std::string* why_not) {
    if (!gemm::TERN_CUDA_PASS(accepts_product)(problem, arithmetic, why_not)) return false;
    const auto& [window, groups] = problem.params<Conv2dParams>();
    constexpr std::int64_t kMostGroups = 65535, kMostCells = 1 << 20, kMostRows = 1 << 30;
    if (groups > kMostGroups) return refuse(why_not, "more than ", kMostGroups, " groups: ", groups);
    for (const std::int64_t cells : {window.span_h(), window.span_w(), window.stride_h, window.stride_w,
                                     window.pad_top, window.pad_bottom, window.pad_left, window.pad_right}) {
        if (cells > kMostCells) return refuse(why_not, "more than ", kMostCells, " cells: ", window);
    }
    for (const auto tensors : {problem.inputs, problem.outputs}) {
        for (const Tensor& tensor : tensors) {
            const bool image = tensor.defined() && tensor.shape().rank() == 4;
            if (image && (tensor.dim(1) > kMostRows || tensor.dim(2) > kMostRows))
                return refuse(why_not, "more than 2^30 rows or columns: ", tensor);
        }
    }
    return true;
}

}  // namespace

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    forward<Arithmetic::fma>(problem, stream);
}
void TERN_CUDA_PASS(backward_input)(const Problem& problem, const Stream& stream) {
    backward_input<Arithmetic::fma>(problem, stream);
}
void TERN_CUDA_PASS(backward_weight)(const Problem& problem, const Stream& stream) {
    backward_weight<Arithmetic::fma>(problem, stream);
}
void TERN_CUDA_PASS(backward_bias)(const Problem& problem, const Stream& stream) {
    gemm::TERN_CUDA_PASS(sum_columns)(problem.inputs[0], problem.outputs[0], stream);
}
bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    return accepts(problem, Arithmetic::fma, why_not);
}

void TERN_CUDA_MMA_PASS(forward)(const Problem& problem, const Stream& stream) {
    forward<Arithmetic::mma>(problem, stream);
}
void TERN_CUDA_MMA_PASS(backward_input)(const Problem& problem, const Stream& stream) {
    backward_input<Arithmetic::mma>(problem, stream);
}
void TERN_CUDA_MMA_PASS(backward_weight)(const Problem& problem, const Stream& stream) {
    backward_weight<Arithmetic::mma>(problem, stream);
}
bool TERN_CUDA_MMA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    return accepts(problem, Arithmetic::mma, why_not);
}

}  // namespace tern::conv2d_passes
