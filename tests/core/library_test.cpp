// Opening shared libraries at run time.
#include "tern/core/library.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tern/core/cuda/library_folders.hpp"
#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

// An environment variable for a scope.
class ScopedVariable {
  public:
    ScopedVariable(const char* name, const std::string& value) : name_(name) {
        const char* const before = std::getenv(name);
        was_set_ = before != nullptr;
        if (was_set_) before_ = before;
        setenv(name, value.c_str(), 1);
    }
    ~ScopedVariable() {
        if (was_set_)
            setenv(name_, before_.c_str(), 1);
        else
            unsetenv(name_);
    }
    ScopedVariable(const ScopedVariable&) = delete;
    ScopedVariable& operator=(const ScopedVariable&) = delete;

  private:
    const char* name_;
    bool was_set_;
    std::string before_;
};

std::string message_of_opening(std::initializer_list<std::string_view> files) {
    try {
        const Library library("some library", cuda::library_folders(), files);
        return "opened " + library.path();
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("a library that the loader finds is opened, and its functions loaded") {
    const Library library("math", {""}, {"libtern-is-not-there.so.1", "libm.so.6"});
    CHECK_THAT(library.path(), Catch::StartsWith("/") && Catch::EndsWith("/libm.so.6"));
    double (*cosine)(double) = nullptr;
    library.load(cosine, "cos");
    CHECK(cosine(0.0) == 1.0);
    CHECK_THROWS_WITH(library.load(cosine, "tern_cosine"),
                      "[math] " + library.path() + " has no function tern_cosine, which tern needs");
}

TEST_CASE("a library that is nowhere is an error of one line with every path tried") {
    const test::TemporaryFolder folder;
    const ScopedVariable path("TERN_LIBRARY_PATH", folder.path().string() + "::/nowhere");
    const std::string message = message_of_opening({"libtern-no.so.2", "libtern-no.so"});
    CHECK_THAT(message,
               Catch::StartsWith("[some library] the library was not found; tried " + folder.path().string() +
                                 "/libtern-no.so.2, " + folder.path().string() + "/libtern-no.so, " +
                                 "/nowhere/libtern-no.so.2, /nowhere/libtern-no.so, libtern-no.so.2"));
    CHECK(message.find('\n') == std::string::npos);
}

TEST_CASE("a file that exists but is not a library gives the reason") {
    const test::TemporaryFolder folder;
    const ScopedVariable path("TERN_LIBRARY_PATH", folder.path().string());
    test::write_text(folder / "libtern-no.so", "some text");
    CHECK_THAT(message_of_opening({"libtern-no.so"}),
               Catch::Contains(folder.path().string() + "/libtern-no.so (" + folder.path().string() +
                               "/libtern-no.so: file too short)"));
}

TEST_CASE("the wheels of an active Python environment are looked into") {
    const test::TemporaryFolder folder;
    const std::string wheel = folder.path().string() + "/lib/python3.11/site-packages/nvidia/cudnn/lib";
    std::filesystem::create_directories(wheel);
    const auto listed = [&] {
        const std::vector<std::string> folders = cuda::library_folders();
        return std::find(folders.begin(), folders.end(), wheel) != folders.end();
    };
    CHECK_FALSE(listed());
    {
        const ScopedVariable environment("VIRTUAL_ENV", folder.path().string());
        CHECK(listed());
    }
    {
        const ScopedVariable environment("CONDA_PREFIX", folder.path().string());
        CHECK(listed());
    }
    std::filesystem::create_directories(folder / "bin");
    test::write_text(folder / "bin/python3", "");
    const ScopedVariable environment("PATH", folder.path().string() + "/bin:/usr/bin");
    CHECK(listed());
}
