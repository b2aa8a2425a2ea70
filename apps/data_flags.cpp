#include "tern/apps/data_flags.hpp"

#include "tern/core/environment.hpp"
#include "tern/data/augmentation.hpp"
#include "tern/data/synthetic.hpp"

namespace tern::apps {

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

Dataset load_split(const std::string& source, Split split, LabelKind labels) {
    if (source == "synthetic") return make_synthetic({}, split);
    Dataset set = read_dataset(source, split, {.labels = labels});
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
