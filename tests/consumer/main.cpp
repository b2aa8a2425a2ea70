// What a user of the library writes first: tensors, one operation, its gradient, a model by name.
#include <cmath>
#include <cstdio>

#include "tern/tern.hpp"

int main() {
    const auto image = tern::Tensor::full({1, 4, 4, 2}, 1.0);  // (N, H, W, C)
    auto weight = tern::Tensor::full({2, 1, 3, 3}, 0.5);       // (C, 1, KH, KW)
    weight.set_requires_grad(true);

    const tern::Tensor output = tern::depthwise_conv2d(image, weight, tern::Window2d::square(3));
    tern::backward(output, tern::Tensor::full(output.shape(), 1.0));

    const float value = output.elements<float>()[0];         // nine cells of 0.5
    const float slope = weight.grad().elements<float>()[0];  // four output cells of a channel
    std::printf("tern %s: output %g (4.5), gradient %g (4)\n", tern::kVersion, value, slope);

    const auto model = tern::make_model("mini_xception");
    model->eval();
    const tern::Tensor logits = (*model)(tern::Tensor::zeros({2, 32, 32, 3}));
    std::printf("mini_xception: %lld scores for each of %lld pictures\n",
                static_cast<long long>(logits.dim(1)), static_cast<long long>(logits.dim(0)));

    const bool right = std::abs(value - 4.5F) <= 1e-6F && std::abs(slope - 4.0F) <= 1e-6F;
    return right && logits.shape() == tern::Shape{2, 10} ? 0 : 1;
}
