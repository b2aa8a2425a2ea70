#include "tern/training/required_passes.hpp"

#include <array>
#include <utility>

namespace tern {
namespace {

// A test trains both models and compares.
constexpr std::array kRequired{
    std::pair{"accumulate", "forward"},
    std::pair{"activation", "backward"},
    std::pair{"activation", "forward"},
    std::pair{"adam_step", "step"},
    std::pair{"batch_norm", "backward"},
    std::pair{"batch_norm", "forward"},
    std::pair{"classification_metrics", "confusion"},
    std::pair{"classification_metrics", "totals"},
    std::pair{"conv2d", "backward_bias"},
    std::pair{"conv2d", "backward_input"},
    std::pair{"conv2d", "backward_weight"},
    std::pair{"conv2d", "forward"},
    std::pair{"depthwise_conv2d", "backward_input"},
    std::pair{"depthwise_conv2d", "backward_weight"},
    std::pair{"depthwise_conv2d", "forward"},
    std::pair{"epoch_order", "order"},
    std::pair{"global_average_pool", "backward"},
    std::pair{"global_average_pool", "forward"},
    std::pair{"linear", "backward_bias"},
    std::pair{"linear", "backward_input"},
    std::pair{"linear", "backward_weight"},
    std::pair{"linear", "forward"},
    std::pair{"max_pool2d", "backward"},
    std::pair{"max_pool2d", "forward"},
    std::pair{"normalize", "forward"},
    std::pair{"prepare_images", "images"},
    std::pair{"prepare_images", "labels"},
    std::pair{"sgd_step", "step"},
    std::pair{"softmax_cross_entropy", "backward"},
    std::pair{"softmax_cross_entropy", "forward"},
    std::pair{"update_statistics", "forward"},
};

}  // namespace

std::vector<const Pass*> required_passes() {
    std::vector<const Pass*> passes;
    for (const auto& [op, pass] : kRequired) passes.push_back(&find_op(op).pass(pass));
    return passes;
}

}  // namespace tern
