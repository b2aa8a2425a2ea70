#include "tern/data/cifar100.hpp"

#include "tern/core/files/file.hpp"
#include "tern/core/files/mapped_file.hpp"
#include "tern/data/cifar100_format.hpp"
#include "tern/data/class_names.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;
using namespace cifar100;

const char* file_of(Split split) { return split == Split::train ? kTrainFile : kTestFile; }

std::vector<std::string> read_classes(const fs::path& folder, LabelKind labels) {
    const LabelColumn& column = column_of(labels);
    const fs::path path = folder / column.classes_file;
    if (!is_there(path)) return published_classes(labels);
    std::vector<std::string> classes = read_class_names(path);
    TERN_CHECK(std::ssize(classes) == column.classes, path.string(), "names ", classes.size(),
               " classes, expected ", column.classes);
    return classes;
}

std::vector<FileSamples> list(const fs::path& folder) {
    std::vector<FileSamples> files;
    for (const char* const file : {kTrainFile, kTestFile}) {
        const fs::path path = folder / file;
        files.push_back({file, is_there(path) ? sample_count(path.string(), size_of_file(path)) : 0});
    }
    return files;
}

}  // namespace

constinit const DatasetFormat kCifar100Format{
    .name = "CIFAR-100's binary files",
    .files = "train.bin, test.bin",
    .is_in =
        [](const fs::path& folder) { return is_there(folder / kTrainFile) || is_there(folder / kTestFile); },
    .read = [](const fs::path& folder, Split split,
               const ReadOptions& options) { return read_cifar100(folder, split, options.labels); },
    .list = list,
    .file_names =
        [] {
            return std::vector<std::string>{kTrainFile, kTestFile, kFine.classes_file, kCoarse.classes_file};
        },
    .has_coarse_labels = true};

Dataset read_cifar100(const fs::path& folder, Split split, LabelKind labels) {
    const fs::path path = folder / file_of(split);
    const std::shared_ptr<Storage> mapped = map_file(path);
    const std::span<const std::byte> bytes(mapped->data(), mapped->bytes());
    const std::int64_t count = sample_count(path.string(), std::ssize(bytes));
    const Dataset dataset{Tensor::empty({count, 32, 32, 3}, DType::uint8),
                          Tensor::empty({count}, DType::int32), read_classes(folder, labels),
                          folder.string()};
    decode(path.string(), bytes, labels, dataset);
    return dataset;
}

}  // namespace tern
