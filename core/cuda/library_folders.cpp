#include "tern/core/cuda/library_folders.hpp"

#include <algorithm>
#include <filesystem>

#include <glob.h>

#include "tern/core/environment.hpp"
#include "tern/core/library.hpp"

namespace tern::cuda {
namespace {

class FolderList {
  public:
    /// Adds the folders that a pattern of the shell matches.
    void add(const std::string& pattern) {
        glob_t matches{};
        if (glob(pattern.c_str(), GLOB_ONLYDIR, nullptr, &matches) == 0) {
            for (std::size_t i = 0; i < matches.gl_pathc; ++i) add_folder(matches.gl_pathv[i]);
        }
        globfree(&matches);
    }
    void add_folder(const std::string& folder) {
        if (std::find(folders_.begin(), folders_.end(), folder) == folders_.end()) folders_.push_back(folder);
    }
    /// The wheels under a Python installation's prefix; Debian calls the folder dist-packages.
    void add_wheels(const std::string& prefix) {
        add(prefix + "/lib/python3*/site-packages/nvidia/*/lib");
        add(prefix + "/lib/python3*/dist-packages/nvidia/*/lib");
    }

    std::vector<std::string> take() { return std::move(folders_); }

  private:
    std::vector<std::string> folders_;
};

void add_toolkits(FolderList& folders) {
    for (const char* const variable : {"CUDA_HOME", "CUDA_PATH"}) {
        const std::string home = environment(variable);
        if (home.empty()) continue;
        folders.add(home + "/lib64");
        folders.add(home + "/lib");
    }
    folders.add("/usr/local/cuda/lib64");
    folders.add("/usr/local/cuda/lib");
    folders.add("/usr/local/cuda-*/lib64");
    folders.add("/opt/cuda/lib64");
}

void add_distribution(FolderList& folders) {
    folders.add("/usr/lib/*-linux-gnu");
    folders.add("/usr/lib/*-linux-gnu/nvidia/*");
    folders.add("/usr/lib64");
}

void add_python(FolderList& folders) {
    for (const char* const variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
        const std::string prefix = environment(variable);
        if (prefix.empty()) continue;
        folders.add(prefix + "/lib");
        folders.add_wheels(prefix);
    }
    // An environment whose python3 is first on the PATH counts as active too.
    for (const std::string& folder : split_folders(environment("PATH"))) {
        std::error_code ignored;
        if (!std::filesystem::exists(folder + "/python3", ignored)) continue;
        folders.add_wheels(std::filesystem::path(folder).parent_path().string());
        break;
    }
    const std::string home = environment("HOME");
    if (!home.empty()) folders.add_wheels(home + "/.local");
    folders.add_wheels("/usr/local");
    folders.add("/usr/lib/python3/dist-packages/nvidia/*/lib");
}

}  // namespace

std::vector<std::string> library_folders() {
    FolderList folders;
    for (const std::string& folder : named_library_folders()) folders.add_folder(folder);
    folders.add_folder("");
    add_toolkits(folders);
    add_distribution(folders);
    add_python(folders);
    return folders.take();
}

}  // namespace tern::cuda
