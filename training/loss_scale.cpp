#include "tern/training/loss_scale.hpp"

#include "tern/kernels/update_loss_scale/update_loss_scale.hpp"

namespace tern {

LossScale::LossScale(Device device)
    : scale_(Tensor::full({}, 0x1p16, DType::float32, device)),
      good_steps_(Tensor::zeros({}, DType::int64, device)),
      factor_(Tensor::zeros({}, DType::float32, device)) {}

const Tensor& LossScale::update(const Tensor& gradients) const {
    update_loss_scale(scale_, good_steps_, factor_, gradients);
    return factor_;
}

}  // namespace tern
