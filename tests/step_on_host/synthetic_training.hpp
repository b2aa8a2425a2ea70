// A model that is trained on made-up images, up to a step.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "tern/data/synthetic.hpp"
#include "tern/models/registry.hpp"
#include "tern/training/training_step.hpp"

namespace tern::test {

struct SyntheticTraining {
    struct Options {
        std::string_view model;
        DType precision = DType::float32;
        Device device = Device::cuda();
        std::int64_t samples = 0, image_size = 32;
        bool graph = false;
    };

    explicit SyntheticTraining(const Options& options)
        : set(make_synthetic({.seed = 3, .train_samples = options.samples}, Split::train)),
          model(make_model(options.model, {.seed = 1})) {
        model->to(compute_dtype(options.precision));
        model->to(options.device);
        model->train();
        source = std::make_unique<DatasetSource>(
            set, DatasetSourceOptions{
                     .normalization = make_normalization(find_model(options.model).normalization, set),
                     .precision = options.precision,
                     .device = options.device,
                     .early_epochs = options.image_size == 32 ? 0 : 1,
                     .early_size = options.image_size == 32 ? 0 : options.image_size});
        optimizer = make_optimizer(FlatParameters(*model), {.name = "adam", .learning_rate = 1e-3});
        step = std::make_unique<TrainingStep>(
            *model, *optimizer, *source,
            TrainingStepOptions{.loss_capacity = options.samples, .graph = options.graph});
    }

    Dataset set;
    std::unique_ptr<Module> model;
    std::unique_ptr<DatasetSource> source;
    std::unique_ptr<Optimizer> optimizer;
    std::unique_ptr<TrainingStep> step;
};

}  // namespace tern::test
