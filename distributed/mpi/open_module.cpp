#include "tern/distributed/mpi/open_module.hpp"

#include <algorithm>
#include <filesystem>

#include <dlfcn.h>

#include "tern/core/error.hpp"
#include "tern/core/library.hpp"

namespace tern {
namespace {

void add_beside(const std::filesystem::path& file, std::vector<std::string>& folders) {
    if (file.empty()) return;
    const std::filesystem::path folder = file.parent_path(), up = folder.parent_path();
    for (const std::filesystem::path& beside :
         {up / "lib" / "tern", up / TERN_LIBRARY_FOLDER / "tern", folder / "tern"}) {
        if (std::ranges::find(folders, beside.string()) == folders.end()) folders.push_back(beside.string());
    }
}

std::vector<std::string> module_folders() {
    std::vector<std::string> folders = named_library_folders();
    std::error_code ignored;
    add_beside(std::filesystem::read_symlink("/proc/self/exe", ignored), folders);
    Dl_info own{};
    if (dladdr(reinterpret_cast<void*>(&open_mpi_module), &own) != 0 && own.dli_fname != nullptr)
        add_beside(std::filesystem::canonical(own.dli_fname, ignored), folders);
    folders.emplace_back(TERN_INSTALLED_FOLDER);
    return folders;
}

}  // namespace

std::vector<std::string> built_mpi_modules() { return split_folders(TERN_MPI_MODULES); }

const TernMpi& open_mpi_module(const std::string& mpi) {
    const std::vector<std::string> built = built_mpi_modules();
    TERN_CHECK(std::ranges::find(built, mpi) != built.end(), "MPI", "this build of tern has no module for ",
               mpi, ": install ", mpi == "openmpi" ? "libopenmpi-dev" : "libmpich-dev",
               " and build it again");
    const std::string file = to_text("libtern_mpi_", mpi, ".so");
    const Library library("MPI", module_folders(), {file});
    decltype(&tern_mpi) table = nullptr;
    library.load(table, "tern_mpi");
    TERN_CHECK(table()->interface_version == kTernMpiVersion, "MPI", library.path(),
               " is of another build of tern");
    return *table();
}

}  // namespace tern
