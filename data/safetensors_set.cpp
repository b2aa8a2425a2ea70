#include "tern/data/safetensors_set.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "tern/core/files/file.hpp"
#include "tern/data/class_names.hpp"
#include "tern/data/new_folder.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kClasses = "classes";

std::string file_of(Split split) { return to_text(name_of(split), ".safetensors"); }

// Only one of the two names may be there.
struct Found {
    bool is_first;
    Tensor tensor;
};

Found one_of(const std::string& file, const Safetensors& content, const char* first, const char* second) {
    std::optional<Found> found;
    for (const auto& [name, tensor] : content.tensors) {
        if (name != first && name != second) continue;
        TERN_CHECK(!found, file, "holds ", first, " and ", second, ", expected one of them");
        found = Found{name == first, tensor};
    }
    for (const char* const name : {first, second})
        if (const auto skipped = content.passed_over.find(name); skipped != content.passed_over.end())
            fail(file, name, ' ', skipped->second);
    TERN_CHECK(found, file, "holds no tensor named ", first, " or ", second);
    return *found;
}

Tensor samples_of(const std::string& file, const Safetensors& content) {
    const auto [is_images, tensor] = one_of(file, content, "images", "features");
    if (!is_images) {
        TERN_CHECK(tensor.dtype() == DType::float32 && tensor.rank() >= 1, file,
                   "features must be float32 (R, ...), got ", tensor);
        return tensor;
    }
    TERN_CHECK(tensor.dtype() == DType::uint8 && (tensor.rank() == 3 || tensor.rank() == 4), file,
               "images must be uint8 (R, H, W, C) or (R, H, W), got ", tensor);
    const Shape& shape = tensor.shape();
    return tensor.rank() == 4 ? tensor : tensor.reshape({shape[0], shape[1], shape[2], 1});
}

template <class T>
Tensor narrowed(const std::string& file, const Tensor& labels) {
    const Tensor result = Tensor::empty(labels.shape(), DType::int32);
    constexpr auto kMost = static_cast<std::int64_t>(Dataset::kMostClasses);
    for (std::int64_t i = 0; i < labels.numel(); ++i) {
        const auto label = static_cast<std::int64_t>(labels.data<T>()[i]);
        TERN_CHECK(label >= 0 && label < kMost, file, "sample ", i, " has label ", label, ", expected 0 to ",
                   kMost - 1);
        result.data<std::int32_t>()[i] = static_cast<std::int32_t>(label);
    }
    return result;
}

Tensor targets_of(const std::string& file, const Safetensors& content) {
    const auto [is_labels, tensor] = one_of(file, content, "labels", "targets");
    if (!is_labels) {
        TERN_CHECK(tensor.dtype() == DType::float32 && tensor.rank() >= 1, file,
                   "targets must be float32 (R, ...), got ", tensor);
        return tensor;
    }
    TERN_CHECK(tensor.rank() == 1 && !is_floating(tensor.dtype()), file,
               "labels must be int64, int32 or uint8 (R), got ", tensor);
    if (tensor.dtype() == DType::int64) return narrowed<std::int64_t>(file, tensor);
    return tensor.dtype() == DType::int32 ? narrowed<std::int32_t>(file, tensor)
                                          : narrowed<std::uint8_t>(file, tensor);
}

std::vector<std::string> classes_of(const std::string& file, const Safetensors& content) {
    const auto found = content.metadata.find(kClasses);
    if (found == content.metadata.end()) return {};
    const Json names = Json::parse(found->second, nullptr, false);
    TERN_CHECK(
        names.is_array() && std::ranges::all_of(names, [](const Json& name) { return name.is_string(); }),
        file, "its metadata has classes that are not a JSON array of names");
    auto classes = names.get<std::vector<std::string>>();
    check_class_names(file, classes);
    return classes;
}

std::int64_t largest_label(const Dataset& set) {
    return std::ranges::max(set.targets.elements<std::int32_t>());
}

void name_classes(const std::string& file, const fs::path& train_file, Dataset& set) {
    if (!set.has_labels()) return;
    if (set.classes.empty()) {
        const bool other = file != train_file.string() && is_there(train_file);
        const Dataset train =
            other ? parse_safetensors_set(train_file.string(), map_safetensors(train_file)) : set;
        set.classes = train.classes;
        if (set.classes.empty() && train.has_labels())
            set.classes = numbered_classes(largest_label(train) + 1);
    }
    const std::int64_t largest = largest_label(set);
    TERN_CHECK(largest < set.class_count(), file, "has label ", largest, ", expected 0 to ",
               set.class_count() - 1, ", as there are ", set.class_count(), " classes");
}

Safetensors content_of(const Dataset& set) {
    Safetensors content;
    content.tensors = {{set.has_images() ? "images" : "features", set.samples},
                       {set.has_labels() ? "labels" : "targets", set.targets}};
    if (set.has_labels()) content.metadata = {{kClasses, Json(set.classes).dump()}};
    return content;
}

bool is_in(const fs::path& folder) {
    return is_there(folder / file_of(Split::train)) || is_there(folder / file_of(Split::test));
}

std::vector<FileSamples> list(const fs::path& folder) {
    std::vector<FileSamples> files;
    for (const Split split : {Split::train, Split::test}) {
        const bool there = is_there(folder / file_of(split));
        files.push_back({file_of(split), there ? read_safetensors_set(folder, split).size() : 0});
    }
    return files;
}

}  // namespace

constinit const DatasetFormat kSafetensorsSetFormat{
    .name = "safetensors files",
    .files = "train.safetensors, test.safetensors",
    .is_in = is_in,
    .read = [](const fs::path& folder, Split split,
               const ReadOptions&) { return read_safetensors_set(folder, split); },
    .list = list,
    .file_names =
        [] {
            return std::vector{file_of(Split::train), file_of(Split::test)};
        }};

Dataset parse_safetensors_set(const std::string& file, const Safetensors& content) {
    Dataset set{samples_of(file, content), targets_of(file, content), classes_of(file, content), file};
    TERN_CHECK(set.size() > 0 && set.samples.numel() > 0, file, "holds no sample: ", set.samples);
    TERN_CHECK(set.targets.dim(0) == set.size(), file, "holds ", set.size(), " samples, but ",
               set.targets.dim(0), set.has_labels() ? " labels" : " targets");
    TERN_CHECK(set.has_labels() || set.classes.empty(), file, "names ", set.classes.size(),
               " classes, but has targets and no labels");
    return set;
}

Dataset read_safetensors_set(const fs::path& folder, Split split) {
    const fs::path file = folder / file_of(split);
    Dataset set = parse_safetensors_set(file.string(), map_safetensors(file));
    name_classes(file.string(), folder / file_of(Split::train), set);
    set.source = folder.string();
    return set;
}

void write_safetensors_set(const fs::path& folder, const Dataset& train, const Dataset& test) {
    const std::string where = folder.string();
    check_dataset(where, train);
    check_dataset(where, test);
    check_splits(where, train, test);
    write_new_folder(folder, [&](const fs::path& into) {
        write_safetensors(into / file_of(Split::train), content_of(train));
        write_safetensors(into / file_of(Split::test), content_of(test));
    });
}

}  // namespace tern
