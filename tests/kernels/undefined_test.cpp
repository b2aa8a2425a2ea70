// A tensor that was never made is named, by the operation and the argument, wherever it is no option.
#include <functional>

#include "tern/kernels/metrics/metrics.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"
#include "tern/tern.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

struct Call {
    const char* message;
    std::function<void()> call;
};

const Tensor kNone;

Tensor image() { return Tensor::zeros({1, 4, 4, 2}); }
Tensor vector() { return Tensor::full({2}, 1); }
Window2d window() { return Window2d::square(3, 1, 1); }

}  // namespace

TEST_CASE("an undefined tensor is named by the operation and the argument") {
    const Tensor labels = Tensor::zeros({2}, DType::int32), condition = Tensor::zeros({2}, DType::uint8);
    const std::vector<Call> calls{
        {"[activation] the input is an undefined tensor", [] { relu(kNone); }},
        {"[activation] the input is an undefined tensor", [] { elu(kNone, 2); }},
        {"[argmax] the input is an undefined tensor", [] { argmax(kNone, 0); }},
        {"[avg_pool2d] the input is an undefined tensor", [] { avg_pool2d(kNone, window()); }},
        {"[batch_norm] the input is an undefined tensor", [] { batch_norm(kNone, vector(), vector()); }},
        {"[batch_norm] gamma is an undefined tensor", [] { batch_norm(image(), kNone, vector()); }},
        {"[batch_norm] beta is an undefined tensor", [] { batch_norm(image(), vector(), kNone); }},
        {"[cast] the input is an undefined tensor", [] { cast(kNone, DType::float16); }},
        {"[channel_moments] the input is an undefined tensor", [] { channel_moments(kNone); }},
        {"[less] a is an undefined tensor", [] { less(kNone, vector()); }},
        {"[less] b is an undefined tensor", [] { less(vector(), kNone); }},
        {"[equal] a is an undefined tensor", [] { equal(kNone, 1); }},
        {"[concat] tensor 1 is an undefined tensor",
         [] {
             concat({vector(), kNone}, 0);
         }},
        {"[stack] tensor 0 is an undefined tensor",
         [] {
             stack({kNone, vector()}, 0);
         }},
        {"[conv2d] the input is an undefined tensor", [] { conv2d(kNone, kNone, {}, window()); }},
        {"[conv2d] weight is an undefined tensor", [] { conv2d(image(), kNone, {}, window()); }},
        {"[depthwise_conv2d] weight is an undefined tensor",
         [] { depthwise_conv2d(image(), kNone, {}, window()); }},
        {"[dropout] the input is an undefined tensor", [] { dropout(kNone, 0.5, {}); }},
        {"[add] a is an undefined tensor", [] { kNone + vector(); }},
        {"[mul] b is an undefined tensor", [] { vector() * kNone; }},
        {"[div] a is an undefined tensor", [] { kNone / 2.0; }},
        {"[sub] b is an undefined tensor", [] { 1.0 - kNone; }},
        {"[mse_loss] the input is an undefined tensor", [] { mse_loss(kNone, vector()); }},
        {"[l1_loss] the target is an undefined tensor", [] { l1_loss(vector(), kNone); }},
        {"[exp] the input is an undefined tensor", [] { exp(kNone); }},
        {"[global_average_pool] the input is an undefined tensor", [] { global_average_pool(kNone); }},
        {"[group_norm] the input is an undefined tensor", [] { group_norm(kNone, vector(), vector()); }},
        {"[group_norm] gamma is an undefined tensor", [] { group_norm(image(), kNone, vector()); }},
        {"[index_select] the index is an undefined tensor", [] { index_select(vector(), 0, kNone); }},
        {"[index_sum] values is an undefined tensor", [] { index_sum(kNone, vector(), 3); }},
        {"[linear] the input is an undefined tensor", [] { linear(kNone, image(), {}); }},
        {"[linear] weight is an undefined tensor", [] { linear(vector(), kNone, {}); }},
        {"[matmul] b is an undefined tensor",
         [] {
             matmul(Tensor::zeros({2, 2}), kNone);
         }},
        {"[max_pool2d] the input is an undefined tensor", [] { max_pool2d(kNone, window()); }},
        {"[normalize] mean is an undefined tensor",
         [] { normalize(image(), kNone, vector(), vector(), vector()); }},
        {"[normalize_max_pool2d] the input is an undefined tensor",
         [] { normalize_max_pool2d(kNone, {}, window()); }},
        {"[pad] the input is an undefined tensor", [] { pad(kNone, {}, 0); }},
        {"[crop] the input is an undefined tensor", [] { crop(kNone, {}); }},
        {"[slice] the input is an undefined tensor", [] { slice(kNone, 0, 0, 1); }},
        {"[permute] the input is an undefined tensor", [] { permute(kNone, {}); }},
        {"[transpose] the input is an undefined tensor", [] { transpose(kNone, 0, 1); }},
        {"[sum] the input is an undefined tensor", [] { sum(kNone); }},
        {"[mean] the input is an undefined tensor", [] { mean(kNone, {0}); }},
        {"[variance] the input is an undefined tensor", [] { variance(kNone, {0}); }},
        {"[sum_to] the input is an undefined tensor", [] { sum_to(kNone, {2}); }},
        {"[separable_conv2d] the depthwise weight is an undefined tensor",
         [] {
             separable_conv2d(image(), {}, kNone, Tensor::zeros({3, 2}), {}, {});
         }},
        {"[separable_conv2d] the pointwise weight is an undefined tensor",
         [] {
             separable_conv2d(image(), {}, Tensor::zeros({2, 1, 3, 3}), kNone, {}, {});
         }},
        {"[log_softmax] the input is an undefined tensor", [] { log_softmax(kNone); }},
        {"[softmax_cross_entropy] logits is an undefined tensor",
         [labels] { softmax_cross_entropy(kNone, labels); }},
        {"[softmax_cross_entropy] labels is an undefined tensor",
         [] {
             softmax_cross_entropy(Tensor::zeros({2, 3}), kNone);
         }},
        {"[softmax_cross_entropy] the target is an undefined tensor",
         [] {
             softmax_cross_entropy(Tensor::zeros({2, 3}), kNone, CrossEntropyOptions{});
         }},
        {"[gather] the index is an undefined tensor", [] { gather(vector(), 0, kNone); }},
        {"[topk] the input is an undefined tensor", [] { topk(kNone, 1); }},
        {"[metrics] the total is an undefined tensor", [] { accumulate_mean(kNone, vector(), 1); }},
        {"[metrics] labels is an undefined tensor",
         [] {
             accumulate_correct(Tensor::zeros({2}, DType::float64), Tensor::zeros({1, 2}), kNone);
         }},
        {"[prepare_images] samples is an undefined tensor",
         [] {
             prepare_images(Tensor::zeros({1, 2, 2, 2}, DType::uint8), kNone, vector(), vector());
         }},
        {"[where] the condition is an undefined tensor", [] { where(kNone, vector(), vector()); }},
        {"[where] a is an undefined tensor", [condition] { where(condition, kNone, 1.0); }},
        {"[where] b is an undefined tensor", [condition] { where(condition, vector(), kNone); }},
    };
    for (const Call& call : calls) {
        INFO(call.message);
        CHECK_THROWS_WITH(call.call(), call.message);
    }
}
