#include "tern/models/wrn_16_1.hpp"

#include <utility>

#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/sequential.hpp"

namespace tern {
namespace {

constexpr BatchNorm2dOptions kNormRelu{1e-5, 0.1, Activation::relu};
constexpr int kBlocks = 2;  // of a group: 16 layers are 6 * 2 in three groups, and 4

// Batch norm and ReLU before each convolution. Where the channels change, a convolution of one pixel takes the
// place of the shortcut and reads what the first one reads.
class BasicBlock : public Module {
  public:
    BasicBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride)
        : bn1_(add_child<BatchNorm2d>("bn1", in_channels, kNormRelu)),
          conv1_(add_child<Conv2d>("conv1", in_channels, out_channels,
                                   {.kernel = 3, .stride = stride, .padding = 1, .bias = false})),
          bn2_(add_child<BatchNorm2d>("bn2", out_channels, kNormRelu)),
          conv2_(add_child<Conv2d>("conv2", out_channels, out_channels,
                                   {.kernel = 3, .padding = 1, .bias = false})) {
        if (in_channels == out_channels) return;
        shortcut_ = &add_child<Conv2d>("convShortcut", in_channels, out_channels,
                                       {.kernel = 1, .stride = stride, .bias = false});
    }
    std::string type() const override { return "BasicBlock"; }

  protected:
    Features forward(Features x) override {
        Features activated = bn1_(x);
        if (shortcut_ != nullptr) x = (*shortcut_)(activated);
        return add(x, conv2_(bn2_(conv1_(std::move(activated)))));
    }

  private:
    BatchNorm2d& bn1_;
    Conv2d& conv1_;
    BatchNorm2d& bn2_;
    Conv2d& conv2_;
    Conv2d* shortcut_ = nullptr;
};

class Wrn161 : public Sequential {
  public:
    Wrn161(std::int64_t channels, std::int64_t classes) {
        add_child<Conv2d>("conv1", channels, 16, {.kernel = 3, .padding = 1, .bias = false});
        add_group("block1", 16, 16, 1);
        add_group("block2", 16, 32, 2);
        add_group("block3", 32, 64, 2);
        add_child<BatchNorm2d>("bn1", 64, kNormRelu);
        add_child<GlobalAveragePool>("average");
        add_child<Linear>("fc", 64, classes);
    }
    std::string type() const override { return "Wrn161"; }

  private:
    void add_group(const std::string& name, std::int64_t in_channels, std::int64_t out_channels,
                   std::int64_t stride) {
        auto& blocks = add_child<Sequential>(name).add_child<Sequential>("layer");
        blocks.append<BasicBlock>(in_channels, out_channels, stride);
        for (int i = 1; i < kBlocks; ++i) blocks.append<BasicBlock>(out_channels, out_channels, 1);
    }
};

}  // namespace

std::unique_ptr<Module> make_wrn_16_1(const ModelOptions& options) {
    auto model = std::make_unique<Wrn161>(options.channels, options.classes);
    model->initialize(Initialization::he_normal, options.seed);
    return model;
}

}  // namespace tern
