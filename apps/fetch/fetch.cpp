#include "tern/apps/fetch/fetch.hpp"

#include "tern/apps/fetch/download.hpp"
#include "tern/apps/fetch/part_file.hpp"
#include "tern/apps/fetch/unpack.hpp"
#include "tern/apps/flags.hpp"
#include "tern/core/files/file.hpp"
#include "tern/data/cifar10.hpp"

namespace tern::apps {
namespace {

namespace fs = std::filesystem;

void complete(const Archive& archive, PartFile& part, long patience) {
    if (part.size() > archive.bytes) part.clear();
    download(archive, part, patience);
    const std::string md5 = part.md5();
    if (md5 == archive.md5) return;
    part.clear();
    fail(archive.url, "the download has MD5 ", md5, ", expected ", archive.md5, "; removed");
}

// The set by the rules of training, in words that name the archive.
void check_set(const Archive& archive, const fs::path& folder) {
    try {
        read_cifar10(folder, Split::train);
        read_cifar10(folder, Split::test);
    } catch (const Error& error) {
        const fs::path place(error.where());
        if (!error.where().starts_with(folder.string())) throw;  // not about the archive: out of memory
        throw BadArchive(archive.url,
                         to_text("holds no complete set: ",
                                 place == folder ? "it" : place.filename().string(), ' ', error.rule()));
    }
}

void fill(const fs::path& folder, const Archive& archive, PartFile& part) {
    try {
        unpack_cifar10(archive.url, part.path(), folder);
        check_set(archive, folder);
    } catch (const BadArchive&) {
        part.clear();  // downloading the same again would not help
        throw;
    }
}

}  // namespace

void fetch_cifar10(const Archive& archive, const fs::path& folder, long patience) {
    make_folders(folder);
    PartFile part(folder / "cifar-10-binary.tar.gz.part");
    remove_unfinished(folder, kSetFolder);
    complete(archive, part, patience);
    write_folder_atomically(folder / kSetFolder, [&](const fs::path& aside) { fill(aside, archive, part); });
    part.clear();
}

}  // namespace tern::apps
