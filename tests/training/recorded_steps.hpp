// What a graph of a step is held to: the same steps without one.
#pragma once

#include <utility>
#include <vector>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/training_step.hpp"

namespace tern::test {

/// Steps of the small network on a CUDA device: of two batch sizes, three epochs of augmented images, a smaller size in the
/// first, each at a rate of its own.
struct RecordedSteps {
    RecordedSteps(const OptimizerSettings& settings, DType precision, bool graph, bool dropout = false)
        : set(make_synthetic(kSmallSet, Split::train)), network(4, precision, dropout, true) {
        network.to(Device::cuda());
        network.train();
        PrepareImagesParams augmentation;
        augmentation.seed = 4;
        augmentation.crop_padding = 3;
        augmentation.flip = true;
        augmentation.mixup = 0.5;
        const DatasetSource source(set, {.normalization = fixed_normalization("unit", 3),
                                         .precision = precision,
                                         .device = Device::cuda(),
                                         .augmentation = augmentation,
                                         .early_epochs = 1,
                                         .early_size = 24});
        const auto optimizer = make_optimizer(FlatParameters(network), settings);
        TrainingStep step(network, *optimizer, source,
                          {.loss_capacity = 20, .graph = graph, .clip_norm = 0.5});
        const Tensor order = epoch_order(source.size(), true, 9, 0, Device::cuda());
        const auto run = [&](std::uint32_t epoch, std::int64_t begin, std::int64_t count) {
            optimizer->set_learning_rate(settings.learning_rate / static_cast<double>(1 + begin));
            step.run(order.slice(begin, begin + count), epoch);
        };
        for (std::int64_t i = 0; i < 4; ++i) run(0, 5 * i, 5);
        for (std::int64_t i = 0; i < 5; ++i) {
            run(1, 6 * i, 5);
            run(i < 3 ? 1 : 2, 4 * i + 30, 3);
        }
        losses = step.take_losses();
        for (const NamedTensor& tensor : network.state()) keep(tensor.tensor);
        for (const NamedTensor& tensor : step.state()) keep(tensor.tensor);
    }

    void keep(const Tensor& tensor) { state.push_back(cases::to_doubles(tensor.to(Device::cpu()))); }

    Dataset set;
    SmallNetwork network;
    std::vector<double> losses;
    std::vector<std::vector<double>> state;
};

/// Each optimizer, each type.
inline const std::vector<std::pair<OptimizerSettings, DType>> kStepsToRecord{
    {{.name = "adam", .learning_rate = 0.01}, DType::float32},
    {{.name = "adam", .learning_rate = 0.01}, DType::bfloat16},
    {{.name = "adam", .learning_rate = 0.01}, DType::float16},
    {{.name = "sgd", .learning_rate = 0.01, .momentum = 0.9}, DType::float32},
    {{.name = "rmsprop", .learning_rate = 0.01}, DType::float32},
    {{.name = "muon", .learning_rate = 0.01, .momentum = 0.95}, DType::float32},
};

}  // namespace tern::test
