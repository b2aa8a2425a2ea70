#include "tern/apps/data_flags.hpp"

#include "tern/apps/console.hpp"
#include "tern/apps/ranks.hpp"
#include "tern/core/environment.hpp"
#include "tern/data/augmentation.hpp"
#include "tern/data/image_folder.hpp"
#include "tern/data/synthetic.hpp"

namespace tern::apps {

namespace {

// Of the splits that tern data import would make, if it kept duplicates.
Dataset open_images(const DataChoice& choice, Split split) {
    ImageFolder folder = read_image_folder(choice.source, {.size = choice.image_size, .stay_on_disk = true});
    if (split == Split::test) return folder.test;
    if (!is_first_rank()) return folder.train;
    for (const std::string& note : folder.notes) warn(to_text('[', choice.source, "] ", note));
    for (const std::string& name : folder.empty_classes)
        warn(to_text('[', choice.source, "] ", name, " has no image of its own, so it is no class"));
    if (folder.other_files > 0)
        warn(to_text('[', choice.source, "] files that are not images, skipped: ", folder.other_files));
    return folder.train;
}

}  // namespace

std::string data_source(const Flag& flag, std::string_view name) {
    if (flag && !flag->empty()) return *flag;
    const std::string variable = environment("TERN_DATA");
    if (!flag && !variable.empty()) return variable;
    usage_error(name, "must name a folder with a data set, or be: synthetic (TERN_DATA says the same)");
}

LabelKind parse_labels(const Flag& flag) {
    const std::string name = parse_choice("--labels", flag.value_or("fine"), {"fine", "coarse"});
    return name == "fine" ? LabelKind::fine : LabelKind::coarse;
}

PrepareImagesParams parse_augment(const std::string& text) {
    try {
        return parse_augmentation(text);
    } catch (const Error& error) {
        usage_error("--augment", error.rule());
    }
}

std::int64_t parse_image_size(const std::string& text) {
    return parse_integer("--image-size", text, 1, ImageFolderOptions::kMostSize);
}

void DataFlags::add_to(CLI::App& app) {
    add_option(app, "--data", data, "DIR", kDataHelp);
    add_option(app, "--labels", labels, "NAME", kLabelsHelp);
    add_option(app, "--image-size", image_size, "N", kImageSizeHelp);
}

DataChoice DataFlags::choice() const {
    return {data_source(data), parse_labels(labels), image_size ? parse_image_size(*image_size) : 0};
}

Dataset load_split(const DataChoice& choice, Split split) {
    const std::string& source = choice.source;
    if (choice.image_size > 0) {
        if (source == "synthetic")
            usage_error("--image-size", "is for a folder of images, got --data synthetic");
        return open_images(choice, split);
    }
    if (source == "synthetic") return make_synthetic({}, split);
    Dataset set = read_dataset(source, split, {.labels = choice.labels});
    TERN_CHECK(set.has_images() && set.has_labels(), set.source, "holds ",
               set.has_images() ? "images" : "features", " with ", set.has_labels() ? "labels" : "targets",
               ", expected images with labels; other sets are for programs that link the library");
    return set;
}

ModelOptions model_options(const Dataset& set) {
    const Shape image = set.sample_shape();
    return {.classes = set.class_count(), .channels = image[2], .height = image[0], .width = image[1]};
}

}  // namespace tern::apps
