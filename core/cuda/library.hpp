// Shared libraries that are opened when first used, so that tern starts where they are not.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tern::cuda {

/// An open shared library, never closed: threads of its own may still run in it at the end of the program.
class Library {
  public:
    /// Opens the first of `file_names` ("libcudnn.so.9") that can be opened, looked for in the folders of
    /// library_folders(). Throws Error that names every path tried, and why a file that is there could not be
    /// opened.
    Library(std::string_view name, std::initializer_list<std::string_view> file_names);

    const std::string& path() const { return path_; }

    /// Throws Error if the library has no such function.
    template <class Function>
    void load(Function*& function, const char* symbol) const {
        function = reinterpret_cast<Function*>(address(symbol));
    }

  private:
    void* address(const char* symbol) const;

    std::string name_;
    std::string path_;
    void* handle_ = nullptr;
};

/// Where NVIDIA's libraries are looked for, in this order: TERN_LIBRARY_PATH (folders, separated by colons);
/// "", which is the loader's own search (LD_LIBRARY_PATH, the distribution); CUDA toolkits; the
/// distribution's folders; conda; and nvidia/*/lib in the site-packages of Python installations. But for the
/// first and second, only folders that exist.
std::vector<std::string> library_folders();

}  // namespace tern::cuda
