// Trained weights, another set of classes: all but the last layer is loaded, then trained on: fine_tune
// WEIGHTS
#include <cstdio>
#include <string>
#include <vector>

#include "tern/tern.hpp"

namespace {

// One epoch, as a loop of one's own, and the loss of each step. tern::Trainer does the same without reading
// anything back or allocating in a step.
std::vector<double> train_epoch(tern::Module& model, tern::Optimizer& optimizer,
                                const tern::BatchSource& source, std::int64_t epoch) {
    const tern::Tensor order = tern::epoch_order(source.size(), /*shuffle=*/true, /*seed=*/0, epoch);
    const tern::Batches batches(order, /*batch_size=*/20);
    std::vector<double> losses;
    const tern::DropoutScope dropout;  // a model with dropout needs one; optimizer.step() moves it on
    for (std::int64_t i = 0; i < batches.count(); ++i) {
        const tern::Batch batch = source.batch(batches[i]);
        optimizer.zero_grad();
        const tern::Tensor loss = tern::softmax_cross_entropy(model(batch.input), batch.target);
        tern::backward(loss);
        optimizer.step();
        losses.push_back(loss.item());
    }
    return losses;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 2) return std::fputs("usage: fine_tune WEIGHTS\n", stderr), 2;
    const tern::Weights weights = tern::read_weights(argv[1]);
    const tern::WeightsInfo& info = weights.info.value();
    const tern::SyntheticOptions options{.seed = 5, .train_samples = 240, .classes = 4};
    const tern::DatasetSource source(tern::make_synthetic(options, tern::Split::train), {info.normalization});
    const auto model = tern::make_model(info.model, {.classes = options.classes});
    const std::string head = tern::other_head(*model, weights).value().layer;  // "head.fc2"
    tern::load_weights(*model, info.model, weights, {head});  // what is left out keeps its new values
    const auto optimizer = tern::make_optimizer(tern::FlatParameters(*model), {.learning_rate = 1e-3});
    const std::vector<double> losses = train_epoch(*model, *optimizer, source, 1);
    std::printf("%s with a new %s: loss %.3f in the first step, %.3f in the last\n", info.model.c_str(),
                head.c_str(), losses.front(), losses.back());
    return losses.back() < 0.9 * losses.front() ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "fine_tune: %s\n", error.what()), 1;
}
