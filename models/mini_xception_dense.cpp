#include "tern/models/mini_xception_dense.hpp"

#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/sequential.hpp"

namespace tern {
namespace {

constexpr BatchNorm2dOptions kNormRelu{1e-5, 0.1, Activation::relu};

// A 3x3 convolution that keeps the size.
constexpr Conv2dOptions kSameSize{.kernel = 3, .padding = 1};

// Three places in a flow: convolution, batch norm, and the ReLU that the batch norm does.
void add_convolution(Sequential& flow, int place, std::int64_t in_channels, std::int64_t out_channels) {
    flow.add_child<Conv2d>(std::to_string(place), in_channels, out_channels, kSameSize);
    flow.add_child<BatchNorm2d>(std::to_string(place + 1), out_channels, kNormRelu);
}

class MiniXceptionDense : public Sequential {
  public:
    MiniXceptionDense(std::int64_t channels, std::int64_t classes) {
        add_child<Conv2d>("conv1", channels, 32, kSameSize);
        add_child<BatchNorm2d>("bn1", 32, kNormRelu);
        add_child<Conv2d>("conv2", 32, 64, kSameSize);
        add_child<BatchNorm2d>("bn2", 64, kNormRelu);
        auto& middle_flow = add_child<Sequential>("middle_flow");
        for (int place = 0; place < 12; place += 3) add_convolution(middle_flow, place, 64, 64);
        auto& exit_flow = add_child<Sequential>("exit_flow");
        add_convolution(exit_flow, 0, 64, 128);
        add_convolution(exit_flow, 3, 128, 128);
        add_child<MaxPool2d>("pool", {.kernel = 3, .stride = 2, .padding = 1});
        add_child<GlobalAveragePool>("average");
        add_child<Linear>("fc", 128, classes);
    }
    std::string type() const override { return "MiniXceptionDense"; }
};

}  // namespace

std::unique_ptr<Module> make_mini_xception_dense(const ModelOptions& options) {
    auto model = std::make_unique<MiniXceptionDense>(options.channels, options.classes);
    model->initialize(Initialization::pytorch, options.seed);
    return model;
}

}  // namespace tern
