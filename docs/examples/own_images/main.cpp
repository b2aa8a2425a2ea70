// Images in folders, one for each class, at a size of one's own: trained on, saved with all that predicting
// needs, and predicted: own_images FOLDER WEIGHTS
#include <cstdio>

#include "tern/tern.hpp"

int main(int argc, char** argv) try {
    if (argc != 3) return std::fputs("usage: own_images FOLDER WEIGHTS\n", stderr), 2;
    const tern::ImageFolder images = tern::read_image_folder(argv[1], {.size = 24, .test_fraction = 0.25});
    const tern::Normalization normalization = tern::make_normalization("unit", images.train);
    const tern::DatasetSource train(images.train,
                                    {.normalization = normalization, .augmentation = {.flip = true}}),
        test(images.test, {.normalization = normalization});

    const auto model =
        tern::make_model("resnet20", {.classes = images.train.class_count(), .height = 24, .width = 24});
    const auto optimizer =
        tern::make_optimizer(tern::FlatParameters(*model), {.name = "adamw", .learning_rate = 2e-3});
    tern::Trainer trainer({.model = *model,
                           .optimizer = *optimizer,
                           .train = train,
                           .test = &test,
                           .plan = {.epochs = 6, .batch_size = 8, .statistics_samples = 64}});
    const tern::LogLine line = trainer.run().value();
    tern::save_weights(
        argv[2], *model,
        tern::WeightsInfo{"resnet20", images.train.classes, normalization, images.train.sample_shape()});

    const tern::Predictor predictor(tern::read_weights(argv[2]));
    const auto shape = images.test.sample_shape();
    const tern::Prediction best = predictor.predict({images.test.samples.slice(0, 1).reshape(shape)})[0][0];
    const std::string& truth =
        images.test.classes[static_cast<std::size_t>(images.test.targets.data<std::int32_t>()[0])];
    std::printf("test accuracy %.3f; a %s is taken for a %s\n", line.test->metric("accuracy"), truth.c_str(),
                best.name.c_str());
    return line.test->metric("accuracy") > 0.9 && best.name == truth ? 0 : 1;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "own_images: %s\n", error.what()), 1;
}
