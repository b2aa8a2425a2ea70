#include "tern/data/idx.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "tern/core/files/file.hpp"
#include "tern/core/files/mapped_file.hpp"
#include "tern/data/idx_format.hpp"
#include "tern/data/mistaken_set.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

struct File {
    const char* stem;
    int rank;
};
constexpr File kTrainImages{"train-images", 3}, kTrainLabels{"train-labels", 1},
    kTestImages{"t10k-images", 3}, kTestLabels{"t10k-labels", 1};
constexpr std::array kFiles{kTrainImages, kTrainLabels, kTestImages, kTestLabels};

// Archives and the programs that unpack them do not agree on the character before idx.
std::array<std::string, 2> names_of(const File& file) {
    return {to_text(file.stem, "-idx", file.rank, "-ubyte"), to_text(file.stem, ".idx", file.rank, "-ubyte")};
}

std::vector<std::string> all_names() {
    std::vector<std::string> names;
    for (const File& file : kFiles) std::ranges::copy(names_of(file), std::back_inserter(names));
    return names;
}

std::optional<fs::path> find(const fs::path& folder, const File& file) {
    const auto [first, second] = names_of(file);
    const bool has_second = is_there(folder / second);
    if (!is_there(folder / first)) return has_second ? std::optional(folder / second) : std::nullopt;
    TERN_CHECK(!has_second, folder.string(), "holds ", first, " and ", second, ", expected one of them");
    return folder / first;
}

fs::path path_of(const fs::path& folder, const File& file) {
    if (const auto found = find(folder, file)) return *found;
    std::string advice;
    for (const std::string& name : names_of(file)) {
        const fs::path packed = folder / (name + ".gz");
        if (is_there(packed)) advice = "; " + advice_of_archive(packed);
    }
    fail(folder.string(), "is not the complete set, missing: ", names_of(file)[0], advice);
}

struct Content {
    std::shared_ptr<Storage> mapped;
    Shape sizes;
};

Content map_idx(const fs::path& path, int rank) {
    std::shared_ptr<Storage> mapped = map_file(path);
    const Shape sizes = idx::parse_sizes(path.string(), {mapped->data(), mapped->bytes()}, rank);
    return {std::move(mapped), sizes};
}

Tensor map_images(const fs::path& path) {
    auto [mapped, sizes] = map_idx(path, 3);
    return Tensor::view_of(std::move(mapped), idx::header_bytes(3), {sizes[0], sizes[1], sizes[2], 1},
                           DType::uint8);
}

Tensor read_labels(const fs::path& path) {
    const auto [mapped, sizes] = map_idx(path, 1);
    const Tensor labels = Tensor::empty(sizes, DType::int32);
    std::transform(mapped->data() + idx::header_bytes(1), mapped->data() + mapped->bytes(),
                   labels.data<std::int32_t>(),
                   [](std::byte label) { return std::to_integer<std::int32_t>(label); });
    return labels;
}

std::int32_t largest(const Tensor& labels) { return std::ranges::max(labels.elements<std::int32_t>()); }

std::vector<std::string> classes_up_to(std::int32_t label) {
    std::vector<std::string> names;
    for (std::int32_t k = 0; k <= label; ++k) names.push_back(to_text(k));
    return names;
}

std::vector<FileSamples> list(const fs::path& folder) {
    std::vector<FileSamples> files;
    for (const Split split : {Split::train, Split::test}) {
        const bool train = split == Split::train;
        const auto images = find(folder, train ? kTrainImages : kTestImages);
        const bool there = images || find(folder, train ? kTrainLabels : kTestLabels);
        files.push_back(
            {images ? images->filename().string() : names_of(train ? kTrainImages : kTestImages)[0],
             there ? read_idx(folder, split).size() : 0});
    }
    return files;
}

}  // namespace

constinit const DatasetFormat kIdxFormat{
    .name = "IDX files, as of MNIST",
    .files =
        "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte",
    .is_in =
        [](const fs::path& folder) {
            return std::ranges::any_of(all_names(),
                                       [&](const std::string& name) { return is_there(folder / name); });
        },
    .read = [](const fs::path& folder, Split split, const ReadOptions&) { return read_idx(folder, split); },
    .list = list,
    .file_names = all_names};

Dataset read_idx(const fs::path& folder, Split split) {
    const bool train = split == Split::train;
    const fs::path images = path_of(folder, train ? kTrainImages : kTestImages),
                   labels = path_of(folder, train ? kTrainLabels : kTestLabels);
    Dataset set{map_images(images), read_labels(labels), {}, folder.string()};
    TERN_CHECK(set.targets.dim(0) == set.size(), images.string(), "holds ", set.size(), " images, but ",
               labels.filename().string(), ' ', set.targets.dim(0), " labels");
    const std::optional<fs::path> others = train ? std::nullopt : find(folder, kTrainLabels);
    const std::int32_t own = largest(set.targets), most = others ? largest(read_labels(*others)) : own;
    TERN_CHECK(own <= most, labels.string(), "has label ", own, ", expected 0 to ", most, ", as ",
               others->filename().string());
    set.classes = classes_up_to(most);
    return set;
}

}  // namespace tern
