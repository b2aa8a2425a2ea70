#include "tern/models/resnet20.hpp"

#include <utility>

#include "tern/kernels/avg_pool2d/avg_pool2d.hpp"
#include "tern/kernels/pad/pad.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/sequential.hpp"

namespace tern {
namespace {

constexpr BatchNorm2dOptions kNormRelu{1e-5, 0.1, Activation::relu};

// A shortcut without parameters to half the size, the paper's option A: every second pixel, and zeros for half
// of the new channels before the old ones, for the other half after them.
Tensor subsampled(const Tensor& x, std::int64_t channels) {
    const Tensor pixels = avg_pool2d(x, Window2d::square(1, 2));
    const std::int64_t before = (channels - x.dim(3)) / 2;
    return pad(pixels, {{0, 0}, {0, 0}, {0, 0}, {before, channels - x.dim(3) - before}});
}

class BasicBlock : public Module {
  public:
    BasicBlock(std::int64_t in_channels, std::int64_t out_channels)
        : in_channels_(in_channels),
          out_channels_(out_channels),
          conv1_(add_child<Conv2d>(
              "conv1", in_channels, out_channels,
              {.kernel = 3, .stride = changes_size() ? 2 : 1, .padding = 1, .bias = false})),
          bn1_(add_child<BatchNorm2d>("bn1", out_channels, kNormRelu)),
          conv2_(add_child<Conv2d>("conv2", out_channels, out_channels,
                                   {.kernel = 3, .padding = 1, .bias = false})),
          bn2_(add_child<BatchNorm2d>("bn2", out_channels, kNormRelu)) {}

    std::string type() const override { return "BasicBlock"; }

  protected:
    Features forward(Features x) override {
        Features y = conv2_(bn1_(conv1_(x)));
        if (changes_size()) x = subsampled(x, out_channels_);
        return bn2_(std::move(y), std::move(x));
    }

  private:
    bool changes_size() const { return in_channels_ != out_channels_; }

    std::int64_t in_channels_, out_channels_;
    Conv2d& conv1_;
    BatchNorm2d& bn1_;
    Conv2d& conv2_;
    BatchNorm2d& bn2_;
};

class Resnet20 : public Sequential {
  public:
    Resnet20(std::int64_t channels, std::int64_t classes) {
        add_child<Conv2d>("conv1", channels, 16, {.kernel = 3, .padding = 1, .bias = false});
        add_child<BatchNorm2d>("bn1", 16, kNormRelu);
        add_stage("layer1", 16, 16);
        add_stage("layer2", 16, 32);
        add_stage("layer3", 32, 64);
        add_child<GlobalAveragePool>("average");
        add_child<Linear>("linear", 64, classes);
    }
    std::string type() const override { return "Resnet20"; }

  private:
    void add_stage(const std::string& name, std::int64_t in_channels, std::int64_t out_channels) {
        auto& stage = add_child<Sequential>(name);
        stage.append<BasicBlock>(in_channels, out_channels);
        for (int i = 1; i < 3; ++i) stage.append<BasicBlock>(out_channels, out_channels);
    }
};

}  // namespace

std::unique_ptr<Module> make_resnet20(const ModelOptions& options) {
    auto model = std::make_unique<Resnet20>(options.channels, options.classes);
    model->initialize(Initialization::he_normal, options.seed);
    return model;
}

}  // namespace tern
