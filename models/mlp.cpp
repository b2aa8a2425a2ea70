#include "tern/models/mlp.hpp"

#include "tern/layers/activation_layer.hpp"
#include "tern/layers/flatten.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/sequential.hpp"

namespace tern {
namespace {

constexpr std::int64_t kHidden = 512;

class Mlp : public Sequential {
  public:
    explicit Mlp(const ModelOptions& options) {
        add_child<Flatten>("flatten");
        add_child<Linear>("fc1", options.channels * options.height * options.width, kHidden);
        add_child<ActivationLayer>("relu1", Activation::relu);
        add_child<Linear>("fc2", kHidden, kHidden);
        add_child<ActivationLayer>("relu2", Activation::relu);
        add_child<Linear>("fc3", kHidden, options.classes);
    }
    std::string type() const override { return "Mlp"; }
};

}  // namespace

std::unique_ptr<Module> make_mlp(const ModelOptions& options) {
    auto model = std::make_unique<Mlp>(options);
    model->initialize(Initialization::glorot_uniform, options.seed);
    return model;
}

}  // namespace tern
