#include "tern/core/library.hpp"

#include <filesystem>
#include <sstream>

#include <dlfcn.h>
#include <link.h>

#include "tern/core/environment.hpp"
#include "tern/core/error.hpp"

namespace tern {

std::vector<std::string> split_folders(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ':');) {
        if (!part.empty()) parts.push_back(part);
    }
    return parts;
}

std::vector<std::string> named_library_folders() { return split_folders(environment("TERN_LIBRARY_PATH")); }

Library::Library(std::string_view name, const std::vector<std::string>& folders,
                 std::initializer_list<std::string_view> file_names)
    : name_(name) {
    std::string tried;
    for (const std::string& folder : folders) {
        for (const std::string_view file : file_names) {
            const std::string path = folder.empty() ? std::string(file) : to_text(folder, '/', file);
            handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
            if (handle_ != nullptr) {
                link_map* loaded = nullptr;
                path_ = dlinfo(handle_, RTLD_DI_LINKMAP, &loaded) == 0 ? loaded->l_name : path;
                return;
            }
            const std::string why = dlerror();  // reading it clears it
            tried += (tried.empty() ? "" : ", ") + path;
            std::error_code ignored;
            if (!folder.empty() && std::filesystem::exists(path, ignored)) tried += " (" + why + ")";
        }
    }
    fail(name, "the library was not found; tried ", tried,
         "; name its folder in TERN_LIBRARY_PATH if it is elsewhere");
}

void* Library::address(const char* symbol) const {
    void* const result = dlsym(handle_, symbol);
    TERN_CHECK(result != nullptr, name_, path_, " has no function ", symbol, ", which tern needs");
    return result;
}

}  // namespace tern
