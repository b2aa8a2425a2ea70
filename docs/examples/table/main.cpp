// A table of numbers with classes: a network of one's own with dropout, trained in shuffled batches, saved,
// loaded, and its predictions: table WEIGHTS
#include <cstdio>

#include "tern/tern.hpp"

int main(int argc, char** argv) try {
    if (argc != 2) return std::fputs("usage: table WEIGHTS\n", stderr), 2;
    // Points on the plane; which of three sectors they lie in is to be learnt.
    const tern::Tensor points = tern::randn({600, 2}, {.seed = 1});
    const tern::Tensor sectors = tern::Tensor::zeros({600}, tern::DType::int32);
    for (std::int64_t i = 0; i < 600; ++i)
        if (tern::element(points, {i, 1}) < 0)
            tern::set_element(sectors, {i}, tern::element(points, {i, 0}) < 0 ? 1 : 2);
    const tern::Dataset all{points, sectors}, tests = all.slice(500, 600);
    const tern::DatasetSource train(all.slice(0, 500)), test(tests);

    tern::Sequential network, loaded;
    for (tern::Sequential* made : {&network, &loaded}) {
        made->append<tern::Linear>(2, 64);
        made->append<tern::ReLU>();
        made->append<tern::Dropout>(0.1);
        made->append<tern::Linear>(64, 3);
        made->initialize(tern::Initialization::pytorch, /*seed=*/0);
    }
    const auto optimizer = tern::make_optimizer(tern::FlatParameters(network), {.learning_rate = 0.01});
    tern::Trainer({.model = network, .optimizer = *optimizer, .train = train, .plan = {.epochs = 20}}).run();
    tern::save_weights(argv[1], network);

    tern::load_state(loaded, tern::read_safetensors(argv[1]).tensors);
    loaded.eval();
    const tern::Tensor predicted = tern::argmax(loaded(tests.samples), 1);
    const double accuracy = tern::evaluate(loaded, test).totals.metric("accuracy");
    std::printf("accuracy %.2f\n%s\n", accuracy, tern::to_string(predicted.slice(0, 10)).c_str());
    return accuracy > 0.9 ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "table: %s\n", error.what()), 1;
}
