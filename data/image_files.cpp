#include "tern/data/image_files.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "tern/core/error.hpp"
#include "tern/core/files/file_kind.hpp"
#include "tern/data/class_names.hpp"
#include "tern/data/dataset_format.hpp"
#include "tern/data/folder_walk.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

template <std::size_t kCount>
bool is_one_of(const fs::path& path, const std::array<const char*, kCount>& names) {
    return std::ranges::count(names, lower_case(path.filename().string())) > 0;
}

std::vector<fs::path> visible_entries(const fs::path& folder) {
    std::vector<fs::path> found;
    SortedEntries entries(folder);
    while (std::optional<fs::path> entry = entries.next()) found.push_back(std::move(*entry));
    return found;
}

bool is_folder(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

std::vector<fs::path> visible_folders(const fs::path& folder) {
    std::vector<fs::path> entries = visible_entries(folder);
    std::erase_if(entries, [](const fs::path& path) { return !is_folder(path); });
    return entries;
}

bool has_images(const fs::path& folder) {
    return std::ranges::any_of(visible_entries(folder), [](const fs::path& path) {
        return !is_folder(path) && looks_like_image(path);
    });
}

struct SplitFolders {
    std::vector<fs::path> train, test, validation, other;
};

SplitFolders sort_by_split(const fs::path& root) {
    constexpr std::array kTrain{"train", "training"}, kTest{"test", "testing"};
    constexpr std::array kValidation{"val", "valid", "validation", "dev"};
    SplitFolders found;
    for (const fs::path& folder : visible_folders(root)) {
        (is_one_of(folder, kTrain)        ? found.train
         : is_one_of(folder, kTest)       ? found.test
         : is_one_of(folder, kValidation) ? found.validation
                                          : found.other)
            .push_back(folder);
    }
    return found;
}

class Lister {
  public:
    explicit Lister(const fs::path& root) { list_.root = root; }

    ImageFiles list() {
        descend();
        const SplitFolders splits = sort_by_split(list_.root);
        // A class may be called "train": a split's folder has folders and no images.
        const bool splits_here =
            !splits.train.empty() && !(splits.test.empty() && splits.validation.empty()) &&
            !visible_folders(splits.train.front()).empty() && !has_images(splits.train.front());
        splits_here ? add_splits(splits) : add_classes(list_.root, std::nullopt);
        finish();
        return std::move(list_);
    }

  private:
    // "photos/photos/cat": the classes are where there are several folders.
    void descend() {
        for (;;) {
            const std::vector<fs::path> folders = visible_folders(list_.root);
            if (folders.size() != 1 || has_images(list_.root) || has_images(folders.front()) ||
                visible_folders(folders.front()).size() < 2)
                return;
            list_.root = folders.front();
            list_.notes.push_back(
                to_text("the folders in ", list_.root.string(), " are taken, the only one there"));
        }
    }

    void add_splits(const SplitFolders& splits) {
        const std::string where = list_.root.string();
        TERN_CHECK(splits.other.empty(), where, "has folders of splits beside others (",
                   splits.other.front().filename().string(), "): import one of them, or move them apart");
        TERN_CHECK(splits.train.size() == 1 && splits.test.size() <= 1 && splits.validation.size() <= 1,
                   where, "has several folders of one split: import one of them, or move them apart");
        const bool has_test = !splits.test.empty();
        const fs::path test = has_test ? splits.test.front() : splits.validation.front();
        list_.has_splits = true;
        for (const auto& [folder, split] :
             {std::pair(splits.train.front(), Split::train), {test, Split::test}}) {
            TERN_CHECK(!visible_folders(folder).empty(), folder.string(),
                       "has no folders of classes, so its images have no labels; import ",
                       splits.train.front().string(), " alone, of which a share becomes tests");
            add_classes(folder, split);
        }
        list_.notes.push_back(
            to_text("the splits are those of the folders: ", splits.train.front().filename().string(),
                    " to train on, ", test.filename().string(), " for tests"));
        if (has_test && !splits.validation.empty()) {
            const std::size_t files = files_within(splits.validation.front()).size();
            list_.notes.push_back(to_text(splits.validation.front().string(), " was left out with its ",
                                          files, " files: a set has two splits"));
        }
    }

    void add_classes(const fs::path& folder, std::optional<Split> split) {
        std::size_t beside = 0, deeper = 0;
        for (const fs::path& entry : visible_entries(folder)) {
            if (!is_folder(entry)) {
                beside += looks_like_image(entry) ? 1 : 0;
                continue;
            }
            const std::string name = entry.filename().string();
            TERN_CHECK(is_class_name(name), entry.string(), "is not a printable class name in UTF-8");
            std::vector<ImageFiles::File>& own = by_class_[name];
            for (const fs::path& file : files_within(entry)) {
                own.push_back({file, 0, split});
                deeper += file.parent_path() != entry && looks_like_image(file) ? 1 : 0;
            }
        }
        if (beside > 0)
            list_.notes.push_back(
                to_text(folder.string(), " has images in no class's folder, left out: ", beside));
        if (deeper > 0)
            list_.notes.push_back(
                to_text("images in folders within a class's, which count as that class's: ", deeper));
    }

    std::vector<fs::path> files_within(const fs::path& folder) {
        std::vector<fs::path> files;
        FolderWalk walk(folder, [this](const std::string& note) { list_.notes.push_back(note); });
        while (std::optional<fs::path> file = walk.next()) files.push_back(std::move(*file));
        return files;
    }

    void finish() {
        const std::string where = list_.root.string();
        TERN_CHECK(!by_class_.empty(), where, "has no sub-folders, expected one for each class");
        TERN_CHECK(by_class_.size() <= Dataset::kMostClasses, where, "has ", by_class_.size(),
                   " sub-folders, at most ", Dataset::kMostClasses, " classes fit");
        std::map<std::string, std::string> lowered;
        for (auto& [name, files] : by_class_) {
            const auto [first, is_new] = lowered.emplace(lower_case(name), name);
            if (!is_new)
                list_.notes.push_back(to_text("the classes ", first->second, " and ", name,
                                              " differ by the case of letters only"));
            for (ImageFiles::File& file : files) {
                file.folder = list_.folders.size();
                list_.files.push_back(std::move(file));
            }
            list_.folders.push_back(name);
        }
        note_order_of_numbers();
    }

    // As PyTorch and Keras have it, too, and as often a surprise.
    void note_order_of_numbers() {
        const auto is_number = [](const std::string& name) {
            return name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
        };
        const auto value = [](const std::string& name) { return std::stol(name); };
        if (!std::ranges::all_of(list_.folders, is_number) ||
            std::ranges::is_sorted(list_.folders, {}, value))
            return;
        list_.notes.push_back(to_text("classes are in the order of the bytes of their names: ",
                                      list_.folders[0], ", ", list_.folders[1], ", ..."));
    }

    ImageFiles list_;
    std::map<std::string, std::vector<ImageFiles::File>> by_class_;
};

}  // namespace

ImageFiles list_image_files(const fs::path& folder) {
    const std::string where = folder.string();
    std::error_code error;
    TERN_CHECK(fs::exists(folder, error), where, "no such folder");
    if (!is_folder(folder)) {
        const FileKind kind = file_kind_at(folder);
        TERN_CHECK(kind == FileKind::unknown, where,
                   mistaken_kind(kind, "a folder with one folder of images for each class"));
        fail(where, "is not a directory");
    }
    for (const DatasetFormat& format : dataset_formats()) {
        TERN_CHECK(!format.is_in(folder), where, "holds ", format.name, ", which are no images in files");
        for (const fs::path& inner : folders_in(folder))
            TERN_CHECK(!format.is_in(inner), where, "holds ", format.name,
                       ", which are no images in files (found in ", inner.filename().string(), ')');
    }
    return Lister(folder).list();
}

std::vector<fs::path> folders_in(const fs::path& folder) {
    try {
        return visible_folders(folder);
    } catch (const Error&) {
        return {};
    }
}

bool looks_like_image(const fs::path& file) {
    constexpr std::array kEndings{".png",  ".apng", ".jpg", ".jpeg", ".jpe",  ".jfif", ".bmp",
                                  ".dib",  ".webp", ".gif", ".tif",  ".tiff", ".heic", ".heif",
                                  ".avif", ".jxl",  ".jp2", ".ppm",  ".pgm",  ".pnm",  ".pbm"};
    return std::ranges::count(kEndings, lower_case(file.extension().string())) > 0 ||
           (is_image(file_kind_at(file)));
}

}  // namespace tern
