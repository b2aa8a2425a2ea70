#include "tern/models/mobilenet_v2.hpp"

#include <utility>

#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/depthwise_conv2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/sequential.hpp"

namespace tern {
namespace {

constexpr BatchNorm2dOptions kNormRelu{1e-5, 0.1, Activation::relu};

// The paper's table 2; the stride is that of the first block.
struct Stage {
    std::int64_t expansion, channels, blocks, stride;
};
constexpr Stage kStages[] = {
    {1, 16, 1, 1}, {6, 24, 2, 1},  // stride 2 in the paper
    {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
};

// An inverted residual: expand, filter each channel, project without an activation. A stride of 1 has a
// shortcut.
class Block : public Module {
  public:
    Block(std::int64_t in_channels, std::int64_t out_channels, std::int64_t expansion, std::int64_t stride)
        : conv1_(
              add_child<Conv2d>("conv1", in_channels, expansion * in_channels, {.kernel = 1, .bias = false})),
          bn1_(add_child<BatchNorm2d>("bn1", expansion * in_channels, kNormRelu)),
          conv2_(add_child<DepthwiseConv2d>("conv2", expansion * in_channels,
                                            {.kernel = 3, .stride = stride, .padding = 1})),
          bn2_(add_child<BatchNorm2d>("bn2", expansion * in_channels, kNormRelu)),
          conv3_(add_child<Conv2d>("conv3", expansion * in_channels, out_channels,
                                   {.kernel = 1, .bias = false})),
          bn3_(add_child<BatchNorm2d>("bn3", out_channels)),
          has_shortcut_(stride == 1) {
        if (!has_shortcut_ || in_channels == out_channels) return;
        shortcut_ = &add_child<Sequential>("shortcut");
        shortcut_->append<Conv2d>(in_channels, out_channels, {.kernel = 1, .bias = false});
        shortcut_->append<BatchNorm2d>(out_channels);
    }
    std::string type() const override { return "Block"; }

  protected:
    Features forward(Features x) override {
        Features y = conv3_(bn2_(conv2_(bn1_(conv1_(x)))));
        if (!has_shortcut_) return bn3_(std::move(y));
        if (shortcut_ != nullptr) x = (*shortcut_)(x);
        return bn3_(std::move(y), std::move(x));
    }

  private:
    Conv2d& conv1_;
    BatchNorm2d& bn1_;
    DepthwiseConv2d& conv2_;
    BatchNorm2d& bn2_;
    Conv2d& conv3_;
    BatchNorm2d& bn3_;
    bool has_shortcut_;
    Sequential* shortcut_ = nullptr;
};

class MobilenetV2 : public Sequential {
  public:
    MobilenetV2(std::int64_t channels, std::int64_t classes) {
        add_child<Conv2d>("conv1", channels, 32, {.kernel = 3, .padding = 1, .bias = false});
        add_child<BatchNorm2d>("bn1", 32, kNormRelu);
        auto& layers = add_child<Sequential>("layers");
        std::int64_t in_channels = 32;
        for (const Stage& stage : kStages) {
            for (std::int64_t i = 0; i < stage.blocks; ++i) {
                layers.append<Block>(in_channels, stage.channels, stage.expansion, i == 0 ? stage.stride : 1);
                in_channels = stage.channels;
            }
        }
        add_child<Conv2d>("conv2", in_channels, 1280, {.kernel = 1, .bias = false});
        add_child<BatchNorm2d>("bn2", 1280, kNormRelu);
        add_child<GlobalAveragePool>("average");
        add_child<Linear>("linear", 1280, classes);
    }
    std::string type() const override { return "MobilenetV2"; }
};

}  // namespace

std::unique_ptr<Module> make_mobilenet_v2(const ModelOptions& options) {
    auto model = std::make_unique<MobilenetV2>(options.channels, options.classes);
    model->initialize(Initialization::pytorch, options.seed);
    return model;
}

}  // namespace tern
