#include "tern/data/dataset.hpp"

#include <algorithm>

#include "tern/core/memory/step_arena.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/data/class_names.hpp"
#include "tern/kernels/shared/index.hpp"

namespace tern {
namespace {

void check_labels(std::string_view where, const Dataset& set) {
    TERN_CHECK(set.targets.rank() == 1, where, "takes labels of ", Shape{set.size()}, ", got ", set.targets);
    check_class_names(where, set.classes);
    const auto count = static_cast<std::int32_t>(set.classes.size());
    for (const std::int32_t label : set.targets.elements<std::int32_t>())
        TERN_CHECK(label >= 0 && label < count, where, "takes labels from 0 to ", count - 1, ", got ", label);
}

std::string sample_text(const Dataset& set) {
    return set.reader ? to_text("images ", set.sample_shape()) : to_text(set.samples);
}

void check_reader(std::string_view where, const Dataset& set) {
    const Shape image = set.reader->sample_shape();
    TERN_CHECK(!set.samples && image.rank() == 3 && image.numel() > 0, where,
               "takes a reader of images (H, W, C) in the place of samples, got one of ", image);
    TERN_CHECK(set.targets && set.targets.device().is_cpu() && set.targets.rank() >= 1 &&
                   set.targets.dim(0) == set.reader->size() &&
                   (set.has_labels() || set.targets.dtype() == DType::float32),
               where, "takes ", set.reader->size(), " labels of int32 or targets of float32 on cpu, got ",
               set.targets);
}

}  // namespace

Shape Dataset::sample_shape() const {
    return reader ? reader->sample_shape() : Shape(samples.shape().extents().subspan(1));
}

Tensor Dataset::gather(const Tensor& numbers) const {
    TERN_CHECK(has_images(), source, "holds features, expected images");
    const Shape image = sample_shape();
    const Tensor images = Tensor::empty({numbers.numel(), image[0], image[1], image[2]}, DType::uint8);
    const auto copy = [&](std::int64_t number, std::uint8_t* into) {
        TERN_CHECK(number >= 0 && number < size(), source, "sample ", number, " is outside [0, ", size(),
                   ')');
        if (reader)
            reader->read(number, into);
        else
            std::copy_n(samples.data<std::uint8_t>() + number * image.numel(), image.numel(), into);
    };
    visit_index(numbers, [&]<class Index>() {
        parallel_for(numbers.numel(), 1, [&](std::int64_t begin, std::int64_t end) {
            const StepArena::Outside outside;  // images as they are stored differ in size
            for (std::int64_t i = begin; i < end; ++i)
                copy(numbers.data<Index>()[i], images.data<std::uint8_t>() + i * image.numel());
        });
    });
    return images;
}

Dataset Dataset::slice(std::int64_t begin, std::int64_t end) const {
    TERN_CHECK(!reader, source, "is read sample by sample, and has no slices");
    return {samples.slice(begin, end), targets.slice(begin, end), classes, source};
}

Dataset Dataset::to(Device device) const {
    return {reader ? samples : samples.to(device), targets.to(device), classes, source, reader};
}

void check_tensors(std::string_view where, const Dataset& set) {
    const auto &samples = set.samples, &targets = set.targets;
    if (set.reader) return check_reader(where, set);
    TERN_CHECK(samples && targets, where, "takes samples and targets, got none");
    TERN_CHECK(samples.device().is_cpu() && targets.device().is_cpu(), where,
               "takes samples and targets on cpu, got ", samples, " and ", targets);
    const bool images = samples.dtype() == DType::uint8 && samples.rank() == 4,
               features = samples.dtype() == DType::float32 && samples.rank() >= 1;
    TERN_CHECK(images || features, where, "takes images (R, H, W, C) of uint8 or features of float32, got ",
               samples);
    TERN_CHECK((targets.dtype() == DType::int32 || targets.dtype() == DType::float32) &&
                   targets.rank() >= 1 && targets.dim(0) == samples.dim(0),
               where, "takes ", samples.dim(0), " labels of int32 or targets of float32, got ", targets);
}

void check_dataset(std::string_view where, const Dataset& set) {
    check_tensors(where, set);
    if (set.has_labels())
        check_labels(where, set);
    else
        TERN_CHECK(set.classes.empty(), where, "takes no classes where the targets are numbers, got ",
                   set.classes.size());
}

void check_labelled_images(std::string_view where, const Dataset& set) {
    check_dataset(where, set);
    TERN_CHECK(set.has_images() && set.has_labels(), where, "takes images with labels, got ",
               sample_text(set), " with ", set.targets);
}

void check_splits(std::string_view where, const Dataset& train, const Dataset& test) {
    TERN_CHECK(train.has_images() == test.has_images() && train.sample_shape() == test.sample_shape(), where,
               "takes samples of one shape and type, got ", sample_text(train), " and ", sample_text(test));
    TERN_CHECK(train.targets.dtype() == test.targets.dtype() &&
                   train.targets.shape() == test.targets.shape().with(0, train.size()),
               where, "takes targets of one shape and type, got ", train.targets, " and ", test.targets);
    TERN_CHECK(train.classes == test.classes, where, "takes the same classes for training and tests, got ",
               train.classes.size(), " and ", test.classes.size());
}

std::string_view name_of(Split split) { return split == Split::train ? "train" : "test"; }

Split parse_split(std::string_view name) {
    if (name == "train") return Split::train;
    if (name == "test") return Split::test;
    fail("data", '"', name, "\" is none of train, test");
}

}  // namespace tern
