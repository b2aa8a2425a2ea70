// Grouped 2-D convolutions by cuDNN: descriptors, choice of algorithm, plan cache. NHWC, float32 sums.
#pragma once

#include <cstdint>
#include <string>

#include "tern/core/devices/stream.hpp"
#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern::cudnn {

enum class ConvolutionPass : std::uint8_t { forward, backward_input, backward_weight };

/// What a plan depends on. The weight is (O, KH, KW, I / groups) in memory, which for one input channel per
/// group is PyTorch's (O, 1, KH, KW) as well. with_bias: a forward pass that adds one.
struct Convolution {
    ConvolutionPass pass;
    DType dtype;
    Device device;
    std::int64_t batch, height, width, channels, out_height, out_width, out_channels, groups;
    Window2d window;
    bool with_bias = false;

    friend bool operator==(const Convolution&, const Convolution&) = default;
};

/// Whether cuDNN is available and has a plan: a deterministic algorithm within the workspace limit of 256
/// MiB. If not, and asked for, why. Tensors on the CPU are judged as if they were on the first CUDA device.
bool accepts_convolution(const Convolution& convolution, std::string* why_not);

/// forward: (x, w) -> y, plus bias (O) if with_bias; backward_input: (dy, w) -> dx; backward_weight: (x, dy)
/// -> dw. Throws Error where accepts_convolution() says no.
void run_convolution(const Convolution& convolution, const Tensor& a, const Tensor& b, const Tensor& bias,
                     const Tensor& result, const Stream& stream);

}  // namespace tern::cudnn
