#include "tern/apps/workbench.hpp"

#include <algorithm>

#include "tern/apps/console.hpp"
#include "tern/apps/data_flags.hpp"
#include "tern/core/autograd.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/layers/fold_batch_norms.hpp"
#include "tern/training/checksum.hpp"
#include "tern/training/weights.hpp"

namespace tern::apps {
namespace {

// The weights of --init: with another number of classes the last layer keeps what the seed gave it.
void start_from(Workbench& bench, const std::string& name, const Weights& weights) {
    const std::vector<std::string>& classes = bench.train_set.classes;
    std::vector<std::string> left_out;
    if (const auto head = other_head(*bench.model, weights)) {
        left_out.push_back(head->layer);
        bench.notes.push_back(to_text(one_line(weights.file), " has ", head->classes, " classes, the data ",
                                      classes.size(), ": ", head->layer,
                                      " starts anew, drawn from the seed; all else is from the file"));
    } else if (weights.info && weights.info->classes != classes) {
        bench.notes.push_back(to_text(one_line(weights.file), " has other names for its ", classes.size(),
                                      " classes than the data; all of it is taken as it is"));
    }
    load_weights(*bench.model, name, weights, left_out);
    if (weights.info) bench.widths = weights.info->widths;
}

// Those of early epochs may be smaller than the model can take.
void check_early_images(const TrainSettings& settings, const Shape& image, std::string_view name,
                        Module& model) {
    if (settings.early_epochs == 0) return;
    const std::int64_t shorter = std::min(image[0], image[1]), size = settings.early_size;
    const Tensor small = Tensor::zeros({1, image[0] * size / shorter, image[1] * size / shorter, image[2]},
                                       compute_dtype(settings.runtime.precision));
    const EvaluationScope evaluation(model);
    const NoGrad no_grad;
    try {
        model(small);
    } catch (const Error& error) {
        fail("--early-size", name, " takes no images of ", size, " pixels: ", error.what());
    }
}

// What the data and the model have to say about settings of images.
void check_images(const TrainSettings& settings, const Workbench& bench) {
    const Shape image = bench.train_set.sample_shape();
    check_augmentation("--augment", settings.augmentation, image[2]);
    const std::int64_t shorter = std::min(image[0], image[1]);
    TERN_CHECK(settings.early_size < shorter, "--early-size", "must be below the ", shorter,
               " pixels of the images, got ", settings.early_size);
    check_early_images(settings, image, settings.model->name, *bench.model);
}

// It sees the batches that the model sees, so they must be of the images that it knows.
void check_teacher(const Workbench& bench, const Weights& weights) {
    TERN_CHECK(weights.info, weights.file, "does not say its model; a teacher is a weight file of tern");
    check_classes(weights, bench.train_set.classes, bench.train_set.source);
    const Shape image = bench.train_set.sample_shape();
    TERN_CHECK(weights.info->image == image, weights.file, "was trained on images ", weights.info->image,
               ", a teacher sees those of ", bench.train_set.source, ", ", image);
    const Normalization &its = weights.info->normalization, &ours = bench.normalization;
    TERN_CHECK(its.same_numbers(ours), weights.file, "knows pixels normalized by ", its.name,
               ", the run normalizes them by ", ours.name,
               its.name == ours.name ? " of other images"
                                     : to_text("; --normalize ", its.name, " makes them equal"));
}

void add_teacher(Workbench& bench, const TrainSettings& settings) {
    const Weights weights = read_weights(*settings.teacher);
    check_teacher(bench, weights);
    const std::string& name = weights.info->model;
    auto model = make_model(name, model_options(bench.train_set));
    model->to(compute_dtype(settings.runtime.precision));
    load_weights(*model, name, weights);
    const Shape image = bench.train_set.sample_shape();
    check_early_images(settings, image, name, *model);
    if (settings.runtime.device.is_cpu()) fold_batch_norms(*model, {1, image[0], image[1], image[2]});
    model->to(settings.runtime.device);
    bench.teacher_checksum = checksum(weights.tensors);
    bench.notes.push_back(to_text("teacher: ", name, " of ", one_line(weights.file), ", weight ",
                                  shortest(settings.distillation.weight), ", temperature ",
                                  shortest(settings.distillation.temperature)));
    bench.teacher = std::make_unique<Teacher>(std::move(model), settings.distillation);
}

void continue_from(Workbench& bench, const std::string& name, const Weights& weights) {
    TERN_CHECK(!weights.info || weights.info->classes == bench.train_set.classes, "--data",
               "the run was trained on classes of other names than those of ", bench.train_set.source);
    load_weights(*bench.model, name, weights);
    if (weights.info) bench.widths = weights.info->widths;
}

}  // namespace

Workbench make_workbench(const TrainSettings& settings,
                         const std::optional<std::filesystem::path>& checkpoint) {
    Workbench bench;
    bench.train_set = load_split(settings.data_choice(), Split::train);
    if (settings.plan.epochs > 0) {
        bench.test_set = load_split(settings.data_choice(), Split::test);
        check_splits(bench.test_set.source, bench.train_set, bench.test_set);
    }
    if (settings.validation > 0)
        bench.held_out =
            hold_out(bench.train_set, {settings.validation, settings.stratify, settings.plan.seed});
    bench.normalization = make_normalization(settings.normalize, bench.train_set,
                                             bench.held_out ? bench.held_out->train : Tensor());
    const std::string name(settings.model->name);
    ModelOptions options = model_options(bench.train_set);
    options.seed = settings.plan.seed;
    options.bias_correction = settings.running_statistics != "published";
    bench.model = make_model(name, options);
    bench.model->to(compute_dtype(settings.runtime.precision));
    check_images(settings, bench);
    if (checkpoint)
        continue_from(bench, name, read_weights(*checkpoint));
    else if (settings.init)
        start_from(bench, name, read_weights(*settings.init));
    bench.model->to(settings.runtime.device);
    if (settings.teacher) add_teacher(bench, settings);
    return bench;
}

}  // namespace tern::apps
