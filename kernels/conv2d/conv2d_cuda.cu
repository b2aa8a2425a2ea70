// All passes are matrix products in which one factor is the image as its windows read it, a matrix that is
// never stored (kernels/gemm/operand_cuda.cuh). In every group, with taps t = (kh, kw):
//   y (pixels, O)     = windows of x (pixels, (t, I)) times w ((t, I), O)
//   dx (pixels, I)    = windows of dy (pixels, (t, O)) times w ((t, O), I)
//   dw (O, (t, I))    = dy (pixels, O), transposed, times windows of x (pixels, (t, I))
// Channels lie side by side in images, so that taps are the slower part of a depth; the filter, (O, I, KH,
// KW) in memory, is copied in that order first, 9 to 150 thousand numbers beside images of millions.
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/gemm/gemm_cuda.cuh"

namespace tern::conv2d_passes {
namespace {

using gemm::Arithmetic, gemm::MatrixOperand, gemm::Output, gemm::WindowOperand, gemm::Windows;
constexpr Arithmetic kFma = Arithmetic::fma, kMma = Arithmetic::mma;

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

/// result (pixels, channels) = windows of `image` times the filter, summed over (taps, channels of the
/// image). `by_inputs`: the result's channels are the filter's inputs.
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
                         windows.pixels,     columns,
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
void multiply(const Forward& pass, const Stream& stream) {
    const auto& [window, groups] = pass.params;
    multiply_windows<arithmetic>(Windows::forward(pass.x.shape(), pass.y.shape(), window, groups), pass.x,
                                 pass.w, Sizes(pass.w, groups), false, pass.bias, pass.y, stream);
}

template <Arithmetic arithmetic>
void multiply(const BackwardInput& pass, const Stream& stream) {
    const auto& [window, groups] = pass.params;
    multiply_windows<arithmetic>(Windows::backward(pass.dx.shape(), pass.dy.shape(), window, groups), pass.dy,
                                 pass.w, Sizes(pass.w, groups), true, {}, pass.dx, stream);
}

template <Arithmetic arithmetic>
void multiply(const BackwardWeight& pass, const Stream& stream) {
    const Tensor &x = pass.x, &dy = pass.dy, &dw = pass.dw;
    const auto& [window, groups] = pass.params;
    const Sizes s(dw, groups);
    const int columns = s.taps * s.inputs, all_outputs = s.groups * s.outputs;
    const Windows windows = Windows::forward(x.shape(), dy.shape(), window, groups);
    gemm::visit_product_type<arithmetic>(x.dtype(), [&]<class T>() {
        const MatrixOperand<T, false> left{dy.data<T>(), s.outputs, windows.pixels, all_outputs, s.outputs};
        const WindowOperand<T, false> right{x.data<T>(), windows};
        visit_gradient_type<T>(dw.dtype(), [&]<class R>() {
            Output<R> output{dw.data<R>(), nullptr, s.outputs, columns, columns, s.outputs * columns};
            output.taps = s.taps;
            output.wide = s.taps == 1 && gemm::can_pack<R>(dw, columns);
            if (gemm::can_pack<T>(x, s.inputs) && gemm::can_pack<T>(dy, s.outputs))
                gemm::launch_product<arithmetic, true, cuda::kPackSize<T>>(left, right, output,
                                                                           windows.pixels, s.groups, stream);
            else
                gemm::launch_product<arithmetic, true, 1>(left, right, output, windows.pixels, s.groups,
                                                          stream);
        });
    });
}

// What indices of 32 bits and a grid can express.
template <class Pass>
bool takes(const Pass& pass, Arithmetic arithmetic, std::string* why_not) {
    const auto tensors = tensors_of(pass);
    if (!gemm::TERN_CUDA_FUNCTION(accepts_product)(tensors, arithmetic, why_not)) return false;
    const auto& [window, groups] = pass.params;
    constexpr std::int64_t kMostGroups = 65535, kMostPixels = 1 << 20, kMostRows = 1 << 30;
    if (groups > kMostGroups) return refuse(why_not, "more than ", kMostGroups, " groups: ", groups);
    for (const std::int64_t pixels : {window.span_h(), window.span_w(), window.stride_h, window.stride_w,
                                      window.pad_top, window.pad_bottom, window.pad_left, window.pad_right}) {
        if (pixels > kMostPixels) return refuse(why_not, "more than ", kMostPixels, " pixels: ", window);
    }
    for (const Tensor& tensor : tensors) {
        const bool image = tensor.defined() && tensor.shape().rank() == 4;
        if (image && (tensor.dim(1) > kMostRows || tensor.dim(2) > kMostRows))
            return refuse(why_not, "more than 2^30 rows or columns: ", tensor);
    }
    return true;
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) { multiply<kFma>(pass, stream); }
void run(Cuda, const BackwardInput& pass, const Stream& stream) { multiply<kFma>(pass, stream); }
void run(Cuda, const BackwardWeight& pass, const Stream& stream) { multiply<kFma>(pass, stream); }
void run(Cuda, const BackwardBias& pass, const Stream& stream) {
    gemm::TERN_CUDA_FUNCTION(sum_columns)(pass.dy, pass.dbias, stream);
}
bool accepts(Cuda, const Forward& pass, std::string* why_not) { return takes(pass, kFma, why_not); }
bool accepts(Cuda, const BackwardInput& pass, std::string* why_not) { return takes(pass, kFma, why_not); }
bool accepts(Cuda, const BackwardWeight& pass, std::string* why_not) { return takes(pass, kFma, why_not); }
bool accepts(Cuda, const BackwardBias& pass, std::string* why_not) { return takes(pass, kFma, why_not); }

void run(CudaMma, const Forward& pass, const Stream& stream) { multiply<kMma>(pass, stream); }
void run(CudaMma, const BackwardInput& pass, const Stream& stream) { multiply<kMma>(pass, stream); }
void run(CudaMma, const BackwardWeight& pass, const Stream& stream) { multiply<kMma>(pass, stream); }
bool accepts(CudaMma, const Forward& pass, std::string* why_not) { return takes(pass, kMma, why_not); }
bool accepts(CudaMma, const BackwardInput& pass, std::string* why_not) { return takes(pass, kMma, why_not); }
bool accepts(CudaMma, const BackwardWeight& pass, std::string* why_not) { return takes(pass, kMma, why_not); }

}  // namespace tern::conv2d_passes
