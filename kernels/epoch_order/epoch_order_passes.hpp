#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"

namespace tern::epoch_order_passes {

struct Order {
    const EpochOrderParams& params;
    const Tensor& samples;  // (count) int32
    TERN_PASS(Order, epoch_order, order, (), (samples))
};

}  // namespace tern::epoch_order_passes
