#include "tern/models/lenet5.hpp"

#include "tern/layers/activation_layer.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/flatten.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/sequential.hpp"

namespace tern {
namespace {

constexpr std::int64_t kSmallest = 16;  // leaves one pixel

// Two convolutions that lose 4 rows or columns, and two pools that halve what is left.
std::int64_t extent_of_features(std::int64_t extent) { return ((extent - 4) / 2 - 4) / 2; }

class Lenet5 : public Sequential {
  public:
    explicit Lenet5(const ModelOptions& options) {
        add_child<Conv2d>("conv1", options.channels, 6, {.kernel = 5});
        add_child<ActivationLayer>("relu1", Activation::relu);
        add_child<MaxPool2d>("pool1", {.kernel = 2});
        add_child<Conv2d>("conv2", 6, 16, {.kernel = 5});
        add_child<ActivationLayer>("relu2", Activation::relu);
        add_child<MaxPool2d>("pool2", {.kernel = 2});
        add_child<Flatten>("flatten");
        add_child<Linear>("fc1", 16 * extent_of_features(options.height) * extent_of_features(options.width),
                          120);
        add_child<ActivationLayer>("relu3", Activation::relu);
        add_child<Linear>("fc2", 120, 84);
        add_child<ActivationLayer>("relu4", Activation::relu);
        add_child<Linear>("fc3", 84, options.classes);
    }
    std::string type() const override { return "Lenet5"; }
};

}  // namespace

std::unique_ptr<Module> make_lenet5(const ModelOptions& options) {
    TERN_CHECK(options.height >= kSmallest && options.width >= kSmallest, "lenet5",
               "height and width must be at least ", kSmallest, ", got ", options.height, " and ",
               options.width);
    auto model = std::make_unique<Lenet5>(options);
    model->initialize(Initialization::pytorch, options.seed);
    return model;
}

}  // namespace tern
