#include "tern/data/cifar100_format.hpp"

#include "tern/core/error.hpp"

namespace tern::cifar100 {

std::vector<std::string> published_classes(LabelKind labels) {
    if (labels == LabelKind::coarse) {
        return {"aquatic_mammals",
                "fish",
                "flowers",
                "food_containers",
                "fruit_and_vegetables",
                "household_electrical_devices",
                "household_furniture",
                "insects",
                "large_carnivores",
                "large_man-made_outdoor_things",
                "large_natural_outdoor_scenes",
                "large_omnivores_and_herbivores",
                "medium_mammals",
                "non-insect_invertebrates",
                "people",
                "reptiles",
                "small_mammals",
                "trees",
                "vehicles_1",
                "vehicles_2"};
    }
    return {"apple",       "aquarium_fish", "baby",      "bear",       "beaver",       "bed",
            "bee",         "beetle",        "bicycle",   "bottle",     "bowl",         "boy",
            "bridge",      "bus",           "butterfly", "camel",      "can",          "castle",
            "caterpillar", "cattle",        "chair",     "chimpanzee", "clock",        "cloud",
            "cockroach",   "couch",         "crab",      "crocodile",  "cup",          "dinosaur",
            "dolphin",     "elephant",      "flatfish",  "forest",     "fox",          "girl",
            "hamster",     "house",         "kangaroo",  "keyboard",   "lamp",         "lawn_mower",
            "leopard",     "lion",          "lizard",    "lobster",    "man",          "maple_tree",
            "motorcycle",  "mountain",      "mouse",     "mushroom",   "oak_tree",     "orange",
            "orchid",      "otter",         "palm_tree", "pear",       "pickup_truck", "pine_tree",
            "plain",       "plate",         "poppy",     "porcupine",  "possum",       "rabbit",
            "raccoon",     "ray",           "road",      "rocket",     "rose",         "sea",
            "seal",        "shark",         "shrew",     "skunk",      "skyscraper",   "snail",
            "snake",       "spider",        "squirrel",  "streetcar",  "sunflower",    "sweet_pepper",
            "table",       "tank",          "telephone", "television", "tiger",        "tractor",
            "train",       "trout",         "tulip",     "turtle",     "wardrobe",     "whale",
            "willow_tree", "wolf",          "woman",     "worm"};
}

std::int64_t sample_count(const std::string& file, std::int64_t bytes) {
    return cifar10::sample_count(
        file, bytes,
        {kSampleBytes, cifar10::kSampleBytes,
         "of CIFAR-10, whose files are data_batch_1.bin to data_batch_5.bin and test_batch.bin"});
}

void decode(const std::string& file, std::span<const std::byte> bytes, LabelKind labels,
            const Dataset& into) {
    const std::int64_t count = sample_count(file, std::ssize(bytes)), byte = column_of(labels).byte;
    TERN_ASSERT((into.samples.shape() == Shape{count, 32, 32, 3}) && into.targets.shape() == Shape{count});
    for (std::int64_t sample = 0; sample < count; ++sample) {
        const std::byte* from = bytes.data() + sample * kSampleBytes;
        for (const LabelColumn& column : {kCoarse, kFine}) {
            const int label = std::to_integer<int>(from[column.byte]);
            TERN_CHECK(label < column.classes, file, "sample ", sample, " has ", column.name, " label ",
                       label, ", expected 0 to ", column.classes - 1);
        }
        into.targets.data<std::int32_t>()[sample] = std::to_integer<std::int32_t>(from[byte]);
        cifar10::planes_to_pixels(from + 2,
                                  into.samples.data<std::uint8_t>() + sample * cifar10::kImageBytes);
    }
}

}  // namespace tern::cifar100
