#include "tern/data/dataset_format.hpp"

#include <array>
#include <utility>

#include "tern/core/error.hpp"
#include "tern/data/cifar10.hpp"
#include "tern/data/cifar100.hpp"
#include "tern/data/idx.hpp"
#include "tern/data/image_files.hpp"
#include "tern/data/mistaken_set.hpp"
#include "tern/data/safetensors_set.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

bool holds_set(const fs::path& folder) {
    for (const DatasetFormat& format : dataset_formats())
        if (format.is_in(folder)) return true;
    return false;
}

const DatasetFormat& format_in(const fs::path& folder) {
    const DatasetFormat* found = nullptr;
    for (const DatasetFormat& format : dataset_formats()) {
        if (!format.is_in(folder)) continue;
        TERN_CHECK(found == nullptr, folder.string(), "holds ", found->name, " and ", format.name,
                   ", expected one set");
        found = &format;
    }
    return *found;
}

std::string known_files() {
    std::string text;
    for (const DatasetFormat& format : dataset_formats())
        text += to_text(text.empty() ? "" : "; ", format.name, ": ", format.files);
    return text;
}

}  // namespace

std::span<const DatasetFormat> dataset_formats() {
    static const std::array formats{kCifar10Format, kCifar100Format, kIdxFormat, kSafetensorsSetFormat};
    return formats;
}

FoundDataset find_dataset(const fs::path& folder) {
    const std::string where = folder.string();
    std::error_code error;
    TERN_CHECK(fs::exists(folder, error), where, "no such folder");
    if (!fs::is_directory(folder, error)) fail(where, mistaken_set_file(folder));
    if (holds_set(folder)) return {folder, &format_in(folder)};
    const fs::directory_iterator readable(folder, error);
    TERN_CHECK(!error, where, "cannot be read: ", error.message());
    std::vector<fs::path> level = folders_in(folder), found;
    for (int depth = 0; depth < 2 && found.empty(); ++depth) {
        std::vector<fs::path> deeper;
        for (const fs::path& inner : level) {
            if (holds_set(inner)) found.push_back(inner);
            for (fs::path& innermost : folders_in(inner)) deeper.push_back(std::move(innermost));
        }
        level = std::move(deeper);
    }
    if (found.empty()) {
        const std::string rule = mistaken_set(folder);
        TERN_CHECK(rule.empty(), where, rule);
        fail(where, "holds no data set, nor does a folder in it (", known_files(), ')');
    }
    TERN_CHECK(found.size() == 1, where,
               "has several folders with data sets, name one: ", found[0].lexically_relative(folder).string(),
               ", ", found[1].lexically_relative(folder).string(), found.size() > 2 ? ", ..." : "");
    return {found.front(), &format_in(found.front())};
}

Dataset read_dataset(const fs::path& folder, Split split, const ReadOptions& options) {
    const FoundDataset found = find_dataset(folder);
    TERN_CHECK(options.labels == LabelKind::fine || found.format->has_coarse_labels, found.folder.string(),
               "holds ", found.format->name, ", which have no coarse labels, as only CIFAR-100 has");
    return found.format->read(found.folder, split, options);
}

}  // namespace tern
