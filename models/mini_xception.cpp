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

class Entry : public Sequential {
  public:
    explicit Entry(std::int64_t channels) {
        add_child<Conv2d>("conv1", channels, 32, {.kernel = 3, .padding = kSame});
        add_child<BatchNorm2d>("bn1", 32, kNormRelu);
        add_child<Conv2d>("conv2", 32, 64, {.kernel = 3, .padding = kSame});
        add_child<BatchNorm2d>("bn2", 64, kNormRelu);
    }
    std::string type() const override { return "Entry"; }
};

// A residual block; nothing follows the sum, which the last batch norm does on the way.
class Middle : public Module {
  public:
    explicit Middle(std::int64_t channels)
        : sep1_(add_child<SeparableConv2d>("sep1", channels, channels, {.kernel = 3, .padding = kSame})),
          bn1_(add_child<BatchNorm2d>("bn1", channels, kNormRelu)),
          sep2_(add_child<SeparableConv2d>("sep2", channels, channels, {.kernel = 3, .padding = kSame})),
          bn2_(add_child<BatchNorm2d>("bn2", channels, kNorm)) {}

    std::string type() const override { return "Middle"; }

  protected:
    Features forward(Features x) override { return bn2_(sep2_(bn1_(sep1_(x))), x); }

  private:
    SeparableConv2d& sep1_;
    BatchNorm2d& bn1_;
    SeparableConv2d& sep2_;
    BatchNorm2d& bn2_;
};

class Exit : public Sequential {
  public:
    Exit() {
        add_child<SeparableConv2d>("sep1", 64, 128, {.kernel = 3, .padding = kSame});
        add_child<BatchNorm2d>("bn1", 128, kNormRelu);
        add_child<SeparableConv2d>("sep2", 128, 128, {.kernel = 3, .padding = kSame});
        add_child<BatchNorm2d>("bn2", 128, kNormRelu);
        add_child<MaxPool2d>("pool", {.kernel = 3, .stride = 2, .padding = kSame});
        add_child<GlobalAveragePool>("average");
    }
    std::string type() const override { return "Exit"; }
};

class Head : public Sequential {
  public:
    explicit Head(std::int64_t classes) {
        add_child<Linear>("fc1", 128, 64);
        add_child<ActivationLayer>("relu", Activation::relu);
        add_child<Linear>("fc2", 64, classes);
    }
    std::string type() const override { return "Head"; }
};

class MiniXception : public Sequential {
  public:
    MiniXception(std::int64_t channels, std::int64_t classes) {
        add_child<Entry>("entry", channels);
        auto& middle = add_child<Sequential>("middle");
        for (int i = 0; i < 4; ++i) middle.append<Middle>(64);
        add_child<Exit>("exit");
        add_child<Head>("head", classes);
    }
    std::string type() const override { return "MiniXception"; }
};

}  // namespace

std::unique_ptr<Module> make_mini_xception(const ModelOptions& options) {
    auto model = std::make_unique<MiniXception>(options.channels, options.classes);
    model->initialize(Initialization::glorot_uniform, options.seed);
    return model;
}

}  // namespace tern
