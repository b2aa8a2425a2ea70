// Trained weights as a frozen body: only a new head learns, on other classes: transfer WEIGHTS
#include <cstdio>

#include "tern/tern.hpp"

int main(int argc, char** argv) try {
    if (argc != 2) return std::fputs("usage: transfer WEIGHTS\n", stderr), 2;
    const tern::Weights weights = tern::read_weights(argv[1]);
    const tern::WeightsInfo& info = weights.info.value();
    const tern::SyntheticOptions options{.seed = 5, .train_samples = 240, .test_samples = 60, .classes = 4};
    const auto source = [&](tern::Split split) {
        return tern::DatasetSource(tern::make_synthetic(options, split), {info.normalization});
    };
    const tern::DatasetSource train = source(tern::Split::train), test = source(tern::Split::test);

    const auto model = tern::make_model(info.model, {.classes = options.classes});
    const std::string head = tern::other_head(*model, weights).value().layer;
    tern::load_weights(*model, info.model, weights, {head});
    // All layers but the head, with the statistics of their batch norms.
    model->visit([&](const std::string& name, tern::Module& module) {
        if (!module.has_children() && name != head) module.freeze();
    });
    const auto optimizer = tern::make_optimizer(tern::FlatParameters(*model), {.learning_rate = 0.02});
    tern::Trainer trainer({.model = *model,
                           .optimizer = *optimizer,
                           .train = train,
                           .test = &test,
                           .plan = {.epochs = 8, .batch_size = 20}});
    const tern::LogLine line = trainer.run().value();

    std::size_t changed = 0;
    for (const auto& [name, tensor] : model->state())
        for (const auto& [old_name, old] : weights.tensors)
            if (name == old_name && tensor.shape() == old.shape())
                changed += tern::max(tern::abs(tern::cast(tensor, tern::DType::float32) -
                                               tern::cast(old, tern::DType::float32)))
                               .item() != 0;
    std::printf("a new %s: train loss %.3f, test accuracy %.3f; other tensors changed: %zu\n", head.c_str(),
                line.train.loss, line.test->metric("accuracy"), changed);
    return changed == 0 && line.test->metric("accuracy") > 0.4 ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "transfer: %s\n", error.what()), 1;
}
