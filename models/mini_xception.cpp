#include "tern/models/mini_xception.hpp"

#include "tern/layers/activation_layer.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/layers/sequential.hpp"

namespace tern {
namespace {

// Keras' defaults: epsilon 1e-3, 0.99 of the running statistics kept.
constexpr BatchNorm2dOptions kNorm{1e-3, 0.01, Activation::none};
constexpr BatchNorm2dOptions kNormRelu{1e-3, 0.01, Activation::relu};

class Entry : public FeatureModule {
  public:
    std::string type() const override { return "Entry"; }

  protected:
    Features forward_features(const Features& input) override { return bn2_(conv2_(bn1_(conv1_(input)))); }
    void fold_own() override {
        bn1_.fold_into(conv1_);
        bn2_.fold_into(conv2_);
    }

  private:
    Conv2d& conv1_ = add_child<Conv2d>("conv1", 3, 32, SlidingWindow::same(3));
    BatchNorm2d& bn1_ = add_child<BatchNorm2d>("bn1", 32, kNormRelu);
    Conv2d& conv2_ = add_child<Conv2d>("conv2", 32, 64, SlidingWindow::same(3));
    BatchNorm2d& bn2_ = add_child<BatchNorm2d>("bn2", 64, kNormRelu);
};

// A residual block; nothing follows the sum, which the last batch norm does on the way.
class Middle : public FeatureModule {
  public:
    explicit Middle(std::int64_t channels)
        : sep1_(add_child<SeparableConv2d>("sep1", channels, channels, SlidingWindow::same(3))),
          bn1_(add_child<BatchNorm2d>("bn1", channels, kNormRelu)),
          sep2_(add_child<SeparableConv2d>("sep2", channels, channels, SlidingWindow::same(3))),
          bn2_(add_child<BatchNorm2d>("bn2", channels, kNorm)) {}

    std::string type() const override { return "Middle"; }

  protected:
    Features forward_features(const Features& input) override {
        const auto [x, y] = sep1_.with_input(input);
        return bn2_(sep2_(bn1_(y)), x);
    }
    void fold_own() override {
        bn1_.fold_into(sep1_);
        bn2_.fold_into(sep2_);
    }

  private:
    SeparableConv2d& sep1_;
    BatchNorm2d& bn1_;
    SeparableConv2d& sep2_;
    BatchNorm2d& bn2_;
};

class Exit : public FeatureModule {
  public:
    std::string type() const override { return "Exit"; }

  protected:
    Features forward_features(const Features& input) override {
        return average_(pool_(bn2_(sep2_(bn1_(sep1_(input))))));
    }
    void fold_own() override {
        bn1_.fold_into(sep1_);
        bn2_.fold_into(sep2_);
    }

  private:
    SeparableConv2d& sep1_ = add_child<SeparableConv2d>("sep1", 64, 128, SlidingWindow::same(3));
    BatchNorm2d& bn1_ = add_child<BatchNorm2d>("bn1", 128, kNormRelu);
    SeparableConv2d& sep2_ = add_child<SeparableConv2d>("sep2", 128, 128, SlidingWindow::same(3));
    BatchNorm2d& bn2_ = add_child<BatchNorm2d>("bn2", 128, kNormRelu);
    MaxPool2d& pool_ = add_child<MaxPool2d>("pool", SlidingWindow::same(3, 2));
    GlobalAveragePool& average_ = add_child<GlobalAveragePool>("average");
};

class Head : public Module {
  public:
    explicit Head(std::int64_t classes) : fc2_(add_child<Linear>("fc2", 64, classes)) {}

    std::string type() const override { return "Head"; }

  protected:
    Tensor forward(const Tensor& input) override { return fc2_(relu_(fc1_(input))); }

  private:
    Linear& fc1_ = add_child<Linear>("fc1", 128, 64);
    ActivationLayer& relu_ = add_child<ActivationLayer>("relu", Activation::relu);
    Linear& fc2_;
};

class MiniXception : public FeatureModule {
  public:
    explicit MiniXception(std::int64_t classes) : head_(add_child<Head>("head", classes)) {
        for (int i = 0; i < 4; ++i) middle_.append<Middle>(64);
    }

    std::string type() const override { return "MiniXception"; }

  protected:
    Features forward_features(const Features& input) override { return head_(exit_(middle_(entry_(input)))); }

  private:
    Entry& entry_ = add_child<Entry>("entry");
    Sequential& middle_ = add_child<Sequential>("middle");
    Exit& exit_ = add_child<Exit>("exit");
    Head& head_;
};

}  // namespace

std::unique_ptr<Module> make_mini_xception(const ModelOptions& options) {
    auto model = std::make_unique<MiniXception>(options.classes);
    model->initialize(Initialization::glorot_uniform, options.seed);
    return model;
}

}  // namespace tern
