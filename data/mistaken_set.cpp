#include "tern/data/mistaken_set.hpp"

#include <algorithm>
#include <utility>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/file_kind.hpp"
#include "tern/data/idx.hpp"
#include "tern/data/image_files.hpp"
#include "tern/data/safetensors_set.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

bool holds_any(const fs::path& folder, std::initializer_list<const char*> names) {
    return std::ranges::any_of(names, [&](const char* name) { return is_there(folder / name); });
}

// Told by the names that the publishers gave.
std::string published_otherwise(const fs::path& folder) {
    const auto holds = [](std::string_view version, std::string_view set, std::string_view archive) {
        return to_text("holds the ", version, " version of ", set, ", expected the binary one (", archive,
                       ')');
    };
    const auto cifar10 = [&](std::string_view version) {
        return holds(version, "CIFAR-10", "cifar-10-binary.tar.gz");
    };
    const auto cifar100 = [&](std::string_view version) {
        return holds(version, "CIFAR-100", "cifar-100-binary.tar.gz");
    };
    if (holds_any(folder, {"data_batch_1", "test_batch"})) return cifar10("Python");
    if (holds_any(folder, {"data_batch_1.mat", "test_batch.mat"})) return cifar10("Matlab");
    for (const char* name : {"train", "test"})
        if (holds_any(folder, {"meta"}) && file_kind_at(folder / name) == FileKind::pickle)
            return cifar100("Python");
    if (holds_any(folder, {"meta.mat"}) && holds_any(folder, {"train.mat", "test.mat"}))
        return cifar100("Matlab");
    if (holds_any(folder, {"config.toml"}) && holds_any(folder, {"checkpoints", "metrics.jsonl"}))
        return "holds a run of training, expected a data set";
    return "";
}

// What a file of that kind should be instead.
std::string expected_of(FileKind kind) {
    for (const auto& [of_set, format] :
         {std::pair(FileKind::safetensors, &kSafetensorsSetFormat), std::pair(FileKind::idx, &kIdxFormat)})
        if (kind == of_set) return to_text("files of the names ", format->files);
    return "a data set";
}

// Told by what the files in it hold.
std::string told_by_files(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        files.push_back(entry->path());
    std::ranges::sort(files);
    for (const fs::path& file : files) {
        const FileKind kind = file_kind_at(file);
        const std::string name = file.filename().string();
        if (is_archive(kind))
            return to_text("holds ", name, ", which is ", name_of(kind), " still packed; ",
                           advice_of_archive(file));
        if (kind == FileKind::safetensors || kind == FileKind::idx || kind == FileKind::parquet ||
            kind == FileKind::arrow || can_hold_weights(kind))
            return to_text("holds ", name, ", ", name_of(kind), ", expected ", expected_of(kind));
        if (is_image(kind))
            return to_text("holds images (", name,
                           "), expected a data set; folders of images, one for each class, can be imported, "
                           "or read as they are");
    }
    return "";
}

std::string look(const fs::path& folder) {
    const std::string rule = published_otherwise(folder);
    return rule.empty() ? told_by_files(folder) : rule;
}

}  // namespace

std::string mistaken_set(const fs::path& folder) {
    if (std::string rule = look(folder); !rule.empty()) return rule;
    for (const fs::path& inner : folders_in(folder)) {
        std::string rule = look(inner);
        for (const fs::path& innermost : rule.empty() ? folders_in(inner) : std::vector<fs::path>{})
            if (rule.empty()) rule = look(innermost);
        if (!rule.empty()) return to_text(rule, " (found in ", inner.filename().string(), ')');
    }
    return "";
}

std::string mistaken_set_file(const fs::path& file) {
    const std::string name = file.filename().string();
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    for (const DatasetFormat& format : dataset_formats())
        if (std::ranges::count(format.file_names(), name) > 0)
            return to_text("is one file of a set, expected its folder: ", folder.string());
    const FileKind kind = file_kind_at(file);
    if (is_archive(kind))
        return to_text("is ", name_of(kind), ", expected a folder; ", advice_of_archive(file));
    if (kind == FileKind::unknown) return "is not a directory";
    return to_text("is ", name_of(kind), ", expected a folder with a data set");
}

std::string advice_of_archive(const fs::path& file) {
    const std::string name = file.filename().string();
    if (name.ends_with(".gz") && !name.ends_with(".tar.gz"))
        return to_text("gunzip ", file.string(), " unpacks it");
    const bool zip = file_kind_at(file) == FileKind::zip;
    return to_text(zip ? "unzip " : "tar -xf ", file.string(), zip ? " -d " : " -C ",
                   file.has_parent_path() ? file.parent_path().string() : ".", " unpacks it");
}

}  // namespace tern
