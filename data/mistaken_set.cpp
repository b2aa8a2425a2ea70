#include "tern/data/mistaken_set.hpp"

#include <algorithm>
#include <array>

#include "tern/core/error.hpp"
#include "tern/core/files/file_kind.hpp"
#include "tern/data/cifar10_format.hpp"
#include "tern/data/image_files.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);
}

bool holds_any(const fs::path& folder, std::initializer_list<const char*> names) {
    return std::ranges::any_of(names, [&](const char* name) { return is_there(folder / name); });
}

// Told by the names that the publishers gave.
std::string published_elsewhere(const fs::path& folder) {
    const auto expects_binary = [](std::string_view what) {
        return to_text("holds ", what, ", expected the binary one of CIFAR-10 (cifar-10-binary.tar.gz)");
    };
    if (holds_any(folder, {"data_batch_1", "test_batch"}))
        return expects_binary("the Python version of CIFAR-10 (pickles)");
    if (holds_any(folder, {"data_batch_1.mat", "test_batch.mat"}))
        return expects_binary("the Matlab version of CIFAR-10");
    if (holds_any(folder, {"fine_label_names.txt", "coarse_label_names.txt", "train.bin"}) ||
        (holds_any(folder, {"meta"}) && file_kind_at(folder / "train") == FileKind::pickle))
        return expects_binary("CIFAR-100");
    for (const char* name : {"train-images-idx3-ubyte", "train-images.idx3-ubyte", "t10k-images-idx3-ubyte",
                             "t10k-images.idx3-ubyte"}) {
        if (is_there(folder / name) || is_there(folder / to_text(name, ".gz")))
            return "holds IDX files, as of MNIST, expected CIFAR-10's binary files";
    }
    if (holds_any(folder, {"config.toml"}) && holds_any(folder, {"checkpoints", "metrics.jsonl"}))
        return "holds a run of training, expected a data set";
    return "";
}

std::string advice_of_archive(const fs::path& file) {
    const bool zip = file_kind_at(file) == FileKind::zip;
    return to_text(zip ? "unzip " : "tar -xf ", file.string(), zip ? " -d " : " -C ",
                   file.has_parent_path() ? file.parent_path().string() : ".", " unpacks it");
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
            return to_text("holds ", name, ", ", name_of(kind), ", expected CIFAR-10's binary files");
        if (is_image(kind))
            return to_text("holds images (", name,
                           "), expected CIFAR-10's binary files; folders of images, one for each class, "
                           "can be imported");
    }
    return "";
}

std::string look(const fs::path& folder) {
    const std::string rule = published_elsewhere(folder);
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
    if (name == cifar10::kTestFile || std::ranges::count(cifar10::kTrainFiles, name) > 0)
        return to_text("is one file of a set, expected its folder: ", folder.string());
    const FileKind kind = file_kind_at(file);
    if (is_archive(kind))
        return to_text("is ", name_of(kind), ", expected a folder; ", advice_of_archive(file));
    if (kind == FileKind::unknown) return "is not a directory";
    return to_text("is ", name_of(kind), ", expected a folder with CIFAR-10's binary files");
}

}  // namespace tern
