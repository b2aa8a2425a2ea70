// A regression from a CSV file: all columns but the last are features, the last is to be predicted. Trains,
// saves, loads, predicts: regression DATA.csv FOLDER
#include <cstdio>
#include <fstream>
#include <sstream>

#include "tern/tern.hpp"

namespace {

tern::Dataset read_csv(const char* file) {
    std::ifstream in(file);
    std::vector<float> features, targets;
    for (std::string line; std::getline(in, line);) {
        std::istringstream cells(line);
        for (std::string cell; std::getline(cells, cell, ',');) features.push_back(std::stof(cell));
        targets.push_back(features.back());
        features.pop_back();
    }
    const auto rows = std::ssize(targets);
    return {tern::Tensor::from({rows, std::ssize(features) / rows}, features),
            tern::Tensor::from({rows, 1}, targets)};
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 3) return std::fputs("usage: regression DATA.csv FOLDER\n", stderr), 2;
    const tern::Dataset data = read_csv(argv[1]), train = data.slice(0, data.size() * 4 / 5),
                        test = data.slice(train.size(), data.size());
    const tern::Normalization normalization = tern::make_normalization("dataset", train);
    const tern::DatasetSource train_source(train, {normalization}), test_source(test, {normalization});

    tern::Sequential model;
    model.append<tern::Linear>(data.samples.dim(1), 32);
    model.append<tern::ActivationLayer>(tern::Activation::relu);
    model.append<tern::Linear>(32, 1);
    model.initialize(tern::Initialization::pytorch, /*seed=*/1);
    const auto optimizer = tern::make_optimizer(tern::FlatParameters(model), {.learning_rate = 0.01});
    const auto line = tern::train_in_folder(argv[2], {.model = model,
                                                      .optimizer = *optimizer,
                                                      .train = train_source,
                                                      .test = &test_source,
                                                      .loss = tern::mean_squared_error_loss(),
                                                      .metrics = {tern::mean_absolute_error()},
                                                      .plan = {.epochs = 40, .batch_size = 16}});

    const std::string best = std::string(argv[2]) + "/best.safetensors";
    tern::load_state(model, tern::read_safetensors(best).tensors, best);
    model.eval();
    const tern::Tensor first = model(test_source.batch(tern::arange(0, 1, 1, tern::DType::int32)).input);
    std::printf("mean absolute error %.3f; predicted %.3f, measured %.3f\n",
                line->test->metric("mean_absolute_error"), first.item(), test.targets.data<float>()[0]);
    return line->test->metric("mean_absolute_error") < 0.1 ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "regression: %s\n", error.what()), 1;
}
