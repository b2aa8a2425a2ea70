// What each operation of tern is in ONNX.
#pragma once

#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/argmax/argmax_passes.hpp"
#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"
#include "tern/kernels/cast/cast_passes.hpp"
#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/compare/compare_passes.hpp"
#include "tern/kernels/concat/concat_passes.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"
#include "tern/kernels/gather/gather_passes.hpp"
#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"
#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/index_select/index_select_passes.hpp"
#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/matmul/matmul_passes.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d_passes.hpp"
#include "tern/kernels/pad/pad_passes.hpp"
#include "tern/kernels/permute/permute_passes.hpp"
#include "tern/kernels/quantize/quantize_passes.hpp"
#include "tern/kernels/reduce/reduce_passes.hpp"
#include "tern/kernels/separable_conv2d/separable_conv2d_passes.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"
#include "tern/kernels/topk/topk_passes.hpp"
#include "tern/kernels/where/where_passes.hpp"
#include "tern/training/onnx/translation.hpp"

namespace tern::onnx {

/// Adds what the node is in ONNX. Throws Error for an operation that is none of those below.
void translate(const Node& node, Translation& to);

// translate_convolutions.cpp
void translate(const NodeOf<conv2d_passes::Forward>& node, Translation& to);
void translate(const NodeOf<depthwise_conv2d_passes::Forward>& node, Translation& to);
void translate(const NodeOf<separable_conv2d_passes::Forward>& node, Translation& to);
void translate(const NodeOf<linear_passes::Forward>& node, Translation& to);
void translate(const NodeOf<matmul_passes::Forward>& node, Translation& to);
// translate_norms.cpp
void translate(const NodeOf<normalize_passes::Forward>& node, Translation& to);
void translate(const NodeOf<normalize_max_pool2d_passes::Forward>& node, Translation& to);
void translate(const NodeOf<group_norm_passes::Forward>& node, Translation& to);
void translate(const NodeOf<channel_moments_passes::Forward>& node, Translation& to);
// translate_quantization.cpp
void translate(const NodeOf<quantize_passes::Forward>& node, Translation& to);
void translate(const NodeOf<quantize_passes::Inverse>& node, Translation& to);
// translate_elementwise.cpp
void translate(const NodeOf<activation_passes::Forward>& node, Translation& to);
void translate(const NodeOf<elementwise_binary_passes::Forward>& node, Translation& to);
void translate(const NodeOf<elementwise_unary_passes::Forward>& node, Translation& to);
void translate(const NodeOf<compare_passes::Forward>& node, Translation& to);
void translate(const NodeOf<where_passes::Forward>& node, Translation& to);
void translate(const NodeOf<cast_passes::Forward>& node, Translation& to);
// translate_reductions.cpp
void translate(const NodeOf<max_pool2d_passes::Forward>& node, Translation& to);
void translate(const NodeOf<avg_pool2d_passes::Forward>& node, Translation& to);
void translate(const NodeOf<global_average_pool_passes::Forward>& node, Translation& to);
void translate(const NodeOf<reduce_passes::Forward>& node, Translation& to);
void translate(const NodeOf<softmax_passes::Forward>& node, Translation& to);
void translate(const NodeOf<argmax_passes::Forward>& node, Translation& to);
void translate(const NodeOf<topk_passes::Forward>& node, Translation& to);
// translate_shapes.cpp
void translate(const NodeOf<concat_passes::Forward>& node, Translation& to);
void translate(const NodeOf<permute_passes::Forward>& node, Translation& to);
void translate(const NodeOf<pad_passes::Forward>& node, Translation& to);
void translate(const NodeOf<pad_passes::Backward>& node, Translation& to);
void translate(const NodeOf<gather_passes::Forward>& node, Translation& to);
void translate(const NodeOf<index_select_passes::Forward>& node, Translation& to);
void translate_view(const Node& node, Translation& to);

// -- parts that several of them have: names of what lies there with channels first, to such names -------------

/// f of what lies there in any order.
std::string activated(const std::string& x, const ActivationParams& params, DType dtype, Translation& to);
/// The same of the activation inside a normalize(), whose elu has an alpha of 1.
std::string activated(const std::string& x, const NormalizeParams& params, DType dtype, Translation& to);
/// Kernel, strides, dilations and padding.
Attributes window_attributes(const Window2d& window);
std::string convolved(const std::string& x, const std::string& w, const std::string& bias,
                      const Window2d& window, std::int64_t groups, Translation& to);
/// `x` through normalize(), without a residual and an activation.
std::string normalized(const std::string& x, const NormalizeParams& params, ValueId mean, ValueId variance,
                       ValueId gamma, ValueId beta, Translation& to);
std::string max_pooled(const std::string& x, const Window2d& window, Translation& to);

}  // namespace tern::onnx
