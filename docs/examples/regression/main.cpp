// A regression from a CSV file, whose last column is to be predicted from the others. Trains and saves in FOLDER,
// where it continues when it is started again; loads and predicts: regression DATA.csv FOLDER
#include <cstdio>
#include <fstream>
#include <sstream>

#include "tern/tern.hpp"

int main(int argc, char** argv) try {
    if (argc != 3) return std::fputs("usage: regression DATA.csv FOLDER\n", stderr), 2;
    std::vector<float> features, targets;
    std::ifstream file(argv[1]);
    for (std::string line, cell; std::getline(file, line); features.pop_back()) {
        for (std::istringstream row(line); std::getline(row, cell, ',');) features.push_back(std::stof(cell));
        targets.push_back(features.back());
    }
    const std::int64_t rows = std::ssize(targets), columns = std::ssize(features) / rows,
                       split = rows * 4 / 5;
    const tern::Dataset all{tern::Tensor::from({rows, columns}, features),
                            tern::Tensor::from({rows, 1}, targets)};
    const tern::Normalization normalization = tern::make_normalization("dataset", all.slice(0, split));
    const tern::DatasetSource train(all.slice(0, split), {normalization}),
        test(all.slice(split, rows), {normalization});

    tern::Sequential model;
    model.append<tern::Linear>(columns, 32);
    model.append<tern::ReLU>();
    model.append<tern::Linear>(32, 1);
    model.initialize(tern::Initialization::pytorch, /*seed=*/1);
    const auto optimizer = tern::make_optimizer(tern::FlatParameters(model), {.learning_rate = 0.01});
    tern::TrainerOptions options{.model = model, .optimizer = *optimizer, .train = train, .test = &test};
    options.loss = tern::mean_squared_error_loss();
    options.metrics = {tern::mean_absolute_error()};
    options.plan = {.epochs = 40, .batch_size = 16};
    tern::train_in_folder(argv[2], options);

    tern::load_state(model, tern::read_safetensors(std::string(argv[2]) + "/best.safetensors").tensors);
    const tern::EvaluationOptions how{.loss = options.loss, .metrics = options.metrics, .keep_outputs = true};
    const tern::Evaluation tested = tern::evaluate(model, test, how);
    const double error = tested.totals.metric("mean_absolute_error");
    std::printf("mean absolute error %.3f, first prediction %.3f\n", error, tested.outputs.data<float>()[0]);
    return error < 0.1 ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "regression: %s\n", error.what()), 1;
}
