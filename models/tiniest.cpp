#include "tern/models/tiniest.hpp"

#include <utility>

#include "tern/kernels/activation/activation.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/depthwise_conv2d.hpp"
#include "tern/layers/group_norm.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/layers/sequential.hpp"

namespace tern {
namespace {

constexpr std::int64_t kGroupSize = 8;  // channels that are normalised together

// x + project(silu(gate(y)) depthwise(value(y))), y = norm(x)
class GatedBlock : public Module {
  public:
    GatedBlock(std::int64_t channels, std::int64_t hidden, std::int64_t dilation)
        : norm_(add_child<GroupNorm>("norm", channels / kGroupSize, channels)),
          gate_(add_child<Conv2d>("gate", channels, hidden, {.kernel = 1})),
          value_(add_child<Conv2d>("value", channels, hidden, {.kernel = 1})),
          depthwise_(add_child<DepthwiseConv2d>(
              "depthwise", hidden,
              {.kernel = 7, .padding = 3 * dilation, .dilation = dilation, .bias = true})),
          project_(add_child<Conv2d>("project", hidden, channels, {.kernel = 1})) {}

    std::string type() const override { return "GatedBlock"; }

  protected:
    Features forward(Features x) override {
        const Features y = norm_(x);
        return add(x, project_(mul(silu(gate_(y)), depthwise_(value_(y)))));
    }

  private:
    GroupNorm& norm_;
    Conv2d& gate_;
    Conv2d& value_;
    DepthwiseConv2d& depthwise_;
    Conv2d& project_;
};

// To half the size.
class Down : public Sequential {
  public:
    Down(std::int64_t in_channels, std::int64_t out_channels) {
        add_child<GroupNorm>("norm", in_channels / kGroupSize, in_channels);
        add_child<SeparableConv2d>("conv", in_channels, out_channels,
                                   {.kernel = 3, .stride = 2, .padding = 1});
    }
    std::string type() const override { return "Down"; }
};

class Tiniest : public Sequential {
  public:
    Tiniest(std::int64_t channels, std::int64_t classes) {
        add_child<Conv2d>("stem", channels, 24, {.kernel = 3, .padding = 1});
        auto& stage1 = add_child<Sequential>("stage1");
        for (const int dilation : {1, 2, 3}) stage1.append<GatedBlock>(24, 48, dilation);
        add_child<Down>("down1", 24, 48);
        auto& stage2 = add_child<Sequential>("stage2");
        for (const int dilation : {1, 2, 1}) stage2.append<GatedBlock>(48, 96, dilation);
        add_child<Down>("down2", 48, 64);
        add_child<Sequential>("stage3").append<GatedBlock>(64, 64, 1);
        add_child<GroupNorm>("norm", 64 / kGroupSize, 64);
        add_child<GlobalAveragePool>("average");
        add_child<Linear>("fc", 64, classes);
    }
    std::string type() const override { return "Tiniest"; }
};

}  // namespace

std::unique_ptr<Module> make_tiniest(const ModelOptions& options) {
    auto model = std::make_unique<Tiniest>(options.channels, options.classes);
    model->initialize(Initialization::pytorch, options.seed);
    return model;
}

}  // namespace tern
