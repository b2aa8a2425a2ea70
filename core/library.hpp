// Shared libraries that are opened when first used, so that tern starts where they are not.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tern {

/// An open shared library, never closed: threads of its own may still run in it at the end of the program.
class Library {
  public:
    /// Opens the first of `file_names` ("libcudnn.so.9") that can be opened in the first of `folders`; "" is the
    /// loader's own search. Throws Error that names every path tried, and why a file that is there could not be
    /// opened.
    Library(std::string_view name, const std::vector<std::string>& folders,
            std::initializer_list<std::string_view> file_names);

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

/// The folders of a list separated by colons, as PATH is; empty ones are left out.
std::vector<std::string> split_folders(const std::string& list);

/// Those that the variable TERN_LIBRARY_PATH names, where every library is looked for first.
std::vector<std::string> named_library_folders();

}  // namespace tern
