// A network with two inputs, an image and some numbers beside it, in a loop of its own: two_inputs
#include <cstdio>

#include "tern/tern.hpp"

namespace {

class Network : public tern::Module {
  public:
    explicit Network(std::uint64_t seed) {
        image_.append<tern::Conv2d>(1, 8, {.kernel = 3, .padding = tern::kSame});
        image_.append<tern::BatchNorm2d>(8, {.activation = tern::Activation::relu});
        image_.append<tern::GlobalAveragePool>();
        initialize(tern::Initialization::pytorch, seed);
    }
    std::string type() const override { return "Network"; }

    // image: (N, H, W, 1); numbers: (N, 2)
    tern::Tensor operator()(const tern::Tensor& image, const tern::Tensor& numbers) {
        return head_(tern::concat({image_(image), tern::relu(numbers_(numbers))}, 1));
    }

  private:
    tern::Sequential& image_ = add_child<tern::Sequential>("image");
    tern::Linear& numbers_ = add_child<tern::Linear>("numbers", 2, 8);
    tern::Linear& head_ = add_child<tern::Linear>("head", 16, 1);
};

}  // namespace

int main() try {
    // What is to be learnt needs both: the mean of the image and the sum of the numbers.
    const auto stream = [](std::uint64_t seed) {
        return tern::RandomStream{seed, tern::RandomPurpose::user, 0};
    };
    const tern::Tensor images = tern::rand({256, 8, 8, 1}, stream(1)),
                       numbers = tern::randn({256, 2}, stream(2));
    const tern::Tensor targets =
        4 * tern::mean(images, {1, 2, 3}).reshape({256, 1}) + tern::sum(numbers, {1}, /*keep_dims=*/true);

    Network network(/*seed=*/3);
    const auto optimizer = tern::make_optimizer(tern::FlatParameters(network), {.learning_rate = 0.01});
    double first = 0, last = 0;
    for (int epoch = 0; epoch < 60; ++epoch) {
        const tern::Batches batches(tern::epoch_order(256, /*shuffle=*/true, /*seed=*/0, epoch),
                                    /*batch_size=*/32);
        for (std::int64_t i = 0; i < batches.count(); ++i) {
            const auto pick = [&](const tern::Tensor& all) { return tern::index_select(all, 0, batches[i]); };
            optimizer->zero_grad();
            const tern::Tensor loss = tern::mse_loss(network(pick(images), pick(numbers)), pick(targets));
            tern::backward(loss);
            optimizer->step();
            last = loss.item();
            if (epoch == 0 && i == 0) first = last;
        }
    }
    std::printf("loss %.3f in the first step, %.4f in the last\n", first, last);
    return last < 0.02 * first ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "two_inputs: %s\n", error.what()), 1;
}
