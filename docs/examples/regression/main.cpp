// A regression from a CSV file to its last column, kept and continued in FOLDER: regression DATA.csv FOLDER
#include <cstdio>
#include <fstream>

#include "tern/tern.hpp"

int main(int argc, char** argv) try {
    if (argc != 3) return std::fputs("usage: regression DATA.csv FOLDER\n", stderr), 2;
    std::ifstream file(argv[1]);
    std::vector<float> numbers;
    std::int64_t rows = 0;
    for (float number; file >> number; rows += file.get() != ',') numbers.push_back(number);
    if (!file.eof()) return std::fprintf(stderr, "regression: %s is no table of numbers\n", argv[1]), 1;
    const tern::Tensor table = tern::Tensor::from({std::ssize(numbers)}, numbers).reshape({rows, -1});
    const std::int64_t split = rows * 4 / 5, last = table.dim(1) - 1;
    const tern::Dataset all{tern::slice(table, 1, 0, last), tern::slice(table, 1, last, last + 1)};
    const tern::DatasetSourceOptions scaled{tern::make_normalization("dataset", all.slice(0, split))};
    const tern::DatasetSource train(all.slice(0, split), scaled), test(all.slice(split, rows), scaled);

    tern::Sequential model;
    model.append<tern::Linear>(last, 32);
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
