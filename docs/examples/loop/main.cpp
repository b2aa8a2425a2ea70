// A loop of one's own, in place of a Trainer: loop
#include <cstdio>

#include "tern/tern.hpp"

int main() try {
    const tern::DatasetSource train(
        tern::make_synthetic({.train_samples = 400, .classes = 4}, tern::Split::train),
        {tern::fixed_normalization("unit", /*channels=*/3)});
    tern::Sequential network;
    network.append<tern::Conv2d>(3, 16, {.kernel = 5, .stride = 4, .padding = tern::kSame});
    network.append<tern::BatchNorm2d>(16, {.activation = tern::Activation::relu});
    network.append<tern::GlobalAveragePool>();
    network.append<tern::Dropout>(0.1);
    network.append<tern::Linear>(16, 4);
    network.initialize(tern::Initialization::pytorch, /*seed=*/0);
    const auto optimizer = tern::make_optimizer(tern::FlatParameters(network), {.learning_rate = 0.01});

    const tern::DropoutScope dropout;  // the steps that dropout draws for
    double loss = 0;
    for (std::uint32_t epoch = 0; epoch < 8; ++epoch) {
        const tern::Batches batches(tern::epoch_order(train.size(), /*shuffle=*/true, /*seed=*/0, epoch), 20);
        for (std::int64_t i = 0; i < batches.count(); ++i) {
            const tern::Batch batch = train.batch(batches[i], epoch);
            optimizer->zero_grad();
            const tern::Tensor mean = tern::softmax_cross_entropy(network(batch.input), batch.target);
            tern::backward(mean);
            optimizer->step();
            loss = mean.item();
        }
        std::printf("epoch %u: loss %.3f\n", epoch + 1, loss);
    }
    return loss < 0.5 ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "loop: %s\n", error.what()), 1;
}
