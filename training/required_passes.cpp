#include "tern/training/required_passes.hpp"

#include "tern/kernels/accumulate/accumulate_passes.hpp"
#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/adam_step/adam_step_passes.hpp"
#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"
#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/cast/cast_passes.hpp"
#include "tern/kernels/compare/compare_passes.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"
#include "tern/kernels/epoch_order/epoch_order_passes.hpp"
#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"
#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/index_select/index_select_passes.hpp"
#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/matmul/matmul_passes.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/metrics/metrics_passes.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/pad/pad_passes.hpp"
#include "tern/kernels/permute/permute_passes.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"
#include "tern/kernels/reduce/reduce_passes.hpp"
#include "tern/kernels/rmsprop_step/rmsprop_step_passes.hpp"
#include "tern/kernels/sgd_step/sgd_step_passes.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"
#include "tern/kernels/update_loss_scale/update_loss_scale_passes.hpp"
#include "tern/kernels/update_statistics/update_statistics_passes.hpp"
#include "tern/kernels/where/where_passes.hpp"

namespace tern {

// A test trains every model and compares.
std::vector<const Pass*> required_passes() {
    return {
        &info_of<accumulate_passes::Forward>(),
        &info_of<activation_passes::Backward>(),
        &info_of<activation_passes::Forward>(),
        &info_of<adam_step_passes::Step>(),
        &info_of<avg_pool2d_passes::Backward>(),
        &info_of<avg_pool2d_passes::Forward>(),
        &info_of<batch_norm_passes::Backward>(),
        &info_of<batch_norm_passes::Forward>(),
        &info_of<cast_passes::Forward>(),
        &info_of<compare_passes::Forward>(),
        &info_of<conv2d_passes::BackwardBias>(),
        &info_of<conv2d_passes::BackwardInput>(),
        &info_of<conv2d_passes::BackwardWeight>(),
        &info_of<conv2d_passes::Forward>(),
        &info_of<depthwise_conv2d_passes::BackwardInput>(),
        &info_of<depthwise_conv2d_passes::BackwardWeight>(),
        &info_of<depthwise_conv2d_passes::Forward>(),
        &info_of<elementwise_binary_passes::Forward>(),
        &info_of<elementwise_unary_passes::Forward>(),
        &info_of<epoch_order_passes::Order>(),
        &info_of<global_average_pool_passes::Backward>(),
        &info_of<global_average_pool_passes::Forward>(),
        &info_of<group_norm_passes::Backward>(),
        &info_of<group_norm_passes::Forward>(),
        &info_of<index_select_passes::Forward>(),
        &info_of<linear_passes::BackwardBias>(),
        &info_of<linear_passes::BackwardInput>(),
        &info_of<linear_passes::BackwardWeight>(),
        &info_of<linear_passes::Forward>(),
        &info_of<matmul_passes::Forward>(),
        &info_of<max_pool2d_passes::Backward>(),
        &info_of<max_pool2d_passes::Forward>(),
        &info_of<metrics_passes::Confusion>(),
        &info_of<metrics_passes::Correct>(),
        &info_of<metrics_passes::Mean>(),
        &info_of<normalize_passes::Forward>(),
        &info_of<pad_passes::Backward>(),
        &info_of<pad_passes::Forward>(),
        &info_of<permute_passes::Forward>(),
        &info_of<prepare_images_passes::Images>(),
        &info_of<reduce_passes::Forward>(),
        &info_of<rmsprop_step_passes::Step>(),
        &info_of<sgd_step_passes::Step>(),
        &info_of<softmax_cross_entropy_passes::Backward>(),
        &info_of<softmax_cross_entropy_passes::Forward>(),
        &info_of<update_loss_scale_passes::Forward>(),
        &info_of<update_statistics_passes::Forward>(),
        &info_of<where_passes::Forward>(),
    };
}

}  // namespace tern
