// Loads a weight file and classifies a picture: predict WEIGHTS
#include <cstdio>

#include "tern/tern.hpp"

int main(int argc, char** argv) try {
    if (argc != 2) return std::fputs("usage: predict WEIGHTS\n", stderr), 2;
    const tern::Weights weights = tern::read_weights(argv[1]);
    const tern::WeightsInfo& info = weights.info.value();
    const auto classes = static_cast<std::int64_t>(info.classes.size());
    const auto model = tern::make_model(info.model, {.classes = classes});
    tern::load_weights(*model, info.model, weights);
    model->eval();

    const tern::NoGrad no_grad;
    const tern::BatchSource pictures(tern::make_synthetic({.classes = classes}, tern::Split::test),
                                     info.normalization, tern::DType::float32, tern::Device::cpu());
    const tern::Batch batch = pictures.batch(tern::Tensor::from<std::int32_t>({1}, {7}));  // record 7
    const tern::Tensor probabilities = tern::softmax((*model)(batch.images));              // (1, classes)
    for (std::size_t k = 0; k < info.classes.size(); ++k) {
        std::printf("%-12s %.4f\n", info.classes[k].c_str(), probabilities.elements<float>()[k]);
    }
} catch (const std::exception& error) {
    return std::fprintf(stderr, "predict: %s\n", error.what()), 1;
}
