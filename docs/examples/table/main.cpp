// A table of numbers with classes: a network of one's own with dropout, trained in shuffled batches, saved,
// loaded, and its predictions: table WEIGHTS
#include <cstdio>

#include "tern/tern.hpp"

int main(int argc, char** argv) try {
    if (argc != 2) return std::fputs("usage: table WEIGHTS\n", stderr), 2;
    // Points on the plane; which of three sectors they lie in is to be learnt.
    const tern::Tensor points = tern::randn({600, 2}, {.seed = 1});
    std::vector<std::int32_t> sectors;
    for (std::int64_t i = 0; i < 600; ++i) {
        const float x = points.data<float>()[2 * i], y = points.data<float>()[2 * i + 1];
        sectors.push_back(y > 0 ? 0 : x > 0 ? 1 : 2);
    }
    const tern::Dataset all{points, tern::Tensor::from({600}, sectors)}, tests = all.slice(500, 600);
    const tern::DatasetSource train(all.slice(0, 500)), test(tests);

    const auto make_network = [] {
        auto network = std::make_unique<tern::Sequential>();
        network->append<tern::Linear>(2, 64);
        network->append<tern::ActivationLayer>(tern::Activation::relu);
        network->append<tern::Dropout>(0.1);
        network->append<tern::Linear>(64, 3);
        network->initialize(tern::Initialization::pytorch, /*seed=*/0);
        return network;
    };
    const auto network = make_network();
    const auto optimizer = tern::make_optimizer(tern::FlatParameters(*network), {.learning_rate = 0.01});
    tern::Trainer({.model = *network, .optimizer = *optimizer, .train = train, .plan = {.epochs = 20}}).run();
    tern::save_weights(argv[1], *network);

    const auto loaded = make_network();
    tern::load_state(*loaded, tern::read_safetensors(argv[1]).tensors);
    const double accuracy = tern::evaluate(*loaded, test).totals.metric("accuracy");
    loaded->eval();
    const tern::Tensor predicted = tern::argmax((*loaded)(tests.samples), 1);
    std::printf("test accuracy %.2f; predicted\n%s\n", accuracy,
                tern::to_string(predicted.slice(0, 10)).c_str());
    return accuracy > 0.9 ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "table: %s\n", error.what()), 1;
}
