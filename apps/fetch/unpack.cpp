#include "tern/apps/fetch/unpack.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include "tern/apps/fetch/archive.hpp"
#include "tern/core/files/file.hpp"
#include "tern/data/cifar10_format.hpp"
#include "tern/data/class_names.hpp"

namespace tern::apps {
namespace {

namespace fs = std::filesystem;

// Most bytes that a file of the set may have; 0: it is none of the set.
std::int64_t most_bytes(const std::string& name) {
    if (name == cifar10::kClassesFile) return kLargestClassNames;
    const bool batch = name == cifar10::kTestFile ||
                       std::ranges::find(cifar10::kTrainFiles, name) != cifar10::kTrainFiles.end();
    return batch ? cifar10::kPublishedSamples * cifar10::kSampleBytes : 0;
}

// The archive while it is read: every message names it.
class Unpacker {
  public:
    Unpacker(const std::string& name, const fs::path& file, const fs::path& folder)
        : name_(name), folder_(folder), handle_(archive_read_new(), archive_read_free) {
        check(archive_read_support_filter_gzip(handle_.get()));
        check(archive_read_support_format_tar(handle_.get()));
        check(archive_read_open_filename(handle_.get(), file.c_str(), 1 << 16));
    }

    void run() {
        archive_entry* entry = nullptr;
        for (int result = 0; (result = archive_read_next_header(handle_.get(), &entry)) != ARCHIVE_EOF;) {
            check(result);
            const fs::path path = checked_path(entry);
            const std::string file = path.filename().string();
            const bool wanted = path.parent_path() == kSetFolder && most_bytes(file) > 0;
            if (wanted && archive_entry_filetype(entry) == AE_IFREG) unpack(file);
        }
    }

  private:
    template <class... Args>
    void require(bool condition, const Args&... parts) const {
        if (!condition) throw BadArchive(name_, to_text(parts...));
    }

    void check(int result) const {
        const char* text = result == ARCHIVE_OK ? nullptr : archive_error_string(handle_.get());
        require(result == ARCHIVE_OK,
                "cannot be unpacked: ", text != nullptr ? text : "libarchive cannot say why");
    }

    fs::path checked_path(archive_entry* entry) const {
        const char* text = archive_entry_pathname(entry);
        require(text != nullptr, "has an entry whose name cannot be read");
        const fs::path path(text);
        require(path.is_relative() && std::ranges::find(path, "..") == path.end(), "entry ", text,
                " leads out of the archive");
        const auto type = archive_entry_filetype(entry);
        require((type == AE_IFREG || type == AE_IFDIR) && archive_entry_hardlink(entry) == nullptr, "entry ",
                text, " is neither a file nor a folder");
        return path.lexically_normal();
    }

    void unpack(const std::string& file) {
        require(seen_.insert(file).second, "has ", file, " twice");
        // Room for one byte more, to see that there is more.
        std::vector<std::byte> bytes(static_cast<std::size_t>(most_bytes(file)) + 1);
        std::size_t size = 0;
        for (la_ssize_t count = 1; count > 0 && size < bytes.size();
             size += static_cast<std::size_t>(count)) {
            count = archive_read_data(handle_.get(), bytes.data() + size, bytes.size() - size);
            if (count < 0) check(static_cast<int>(count));
        }
        require(size < bytes.size(), "entry ", file, " has more than ", most_bytes(file), " bytes");
        bytes.resize(size);
        write_file_atomically(folder_ / file, bytes);
    }

    const std::string& name_;
    fs::path folder_;
    std::set<std::string> seen_;
    std::unique_ptr<archive, decltype(&archive_read_free)> handle_;
};

}  // namespace

void unpack_cifar10(const std::string& archive, const fs::path& file, const fs::path& folder) {
    Unpacker(archive, file, folder).run();
}

}  // namespace tern::apps
