// A network of one's own on the ranks that mpirun started, or on one: mpirun -n 2 ranks runs/ranks
#include <cstdio>

#include "tern/tern.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return std::fputs("ranks FOLDER\n", stderr), 2;
    std::unique_ptr<tern::Communicator> ranks;
    try {
        ranks = tern::join_ranks(/*timeout_seconds=*/60);
        const tern::SyntheticOptions set{.train_samples = 400, .test_samples = 100, .classes = 4};
        const tern::DatasetSourceOptions prepared{tern::fixed_normalization("unit", /*channels=*/3)};
        const tern::DatasetSource train(tern::make_synthetic(set, tern::Split::train), prepared);
        const tern::DatasetSource test(tern::make_synthetic(set, tern::Split::test), prepared);

        tern::Sequential network;
        network.append<tern::Conv2d>(3, 16, {.kernel = 5, .stride = 4, .padding = tern::kSame});
        network.append<tern::BatchNorm2d>(16, {.activation = tern::Activation::relu});
        network.append<tern::GlobalAveragePool>();
        network.append<tern::Linear>(16, 4);
        network.initialize(tern::Initialization::pytorch, /*seed=*/0);
        const auto optimizer = tern::make_optimizer(tern::FlatParameters(network), {.learning_rate = 0.01});

        // Two replicas, whoever computes them: the same weights on one rank and on two.
        const auto last = tern::train_in_folder(
            argv[1], {.model = network,
                      .optimizer = *optimizer,
                      .train = train,
                      .test = &test,
                      .plan = {.epochs = 8, .batch_size = 20, .statistics_samples = 200, .replicas = 2},
                      .communicator = ranks.get()});
        if (last && ranks->rank() == 0)
            std::printf("%d ranks: test accuracy %.3f\n", ranks->size(), last->test->metric("accuracy"));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ranks: %s\n", error.what());
        if (ranks) {  // the others must not wait for this one
            ranks->fail(error.what());
            ranks->abort();
        }
        return 1;
    }
}
