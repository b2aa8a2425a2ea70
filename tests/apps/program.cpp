#include "tern/tests/apps/program.hpp"

#include <cstdlib>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tern::test {
namespace {

[[noreturn]] void become_tern(const TemporaryFolder& folder, std::vector<std::string>& arguments,
                              const std::string& data) {
    const auto redirect = [&](int stream, const char* name) {
        const int file = ::open((folder / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
        ::dup2(file, stream);
    };
    redirect(STDOUT_FILENO, "stdout");
    redirect(STDERR_FILENO, "stderr");
    data.empty() ? ::unsetenv("TERN_DATA") : ::setenv("TERN_DATA", data.c_str(), 1);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    if (::chdir(folder.path().c_str()) == 0) ::execv(TERN_PROGRAM, pointers.data());
    ::_exit(127);
}

}  // namespace

Finished run_tern(const TemporaryFolder& folder, std::vector<std::string> arguments,
                  const std::string& data) {
    arguments.insert(arguments.begin(), "tern");
    const pid_t child = ::fork();
    TERN_CHECK(child >= 0, "fork", "failed");
    if (child == 0) become_tern(folder, arguments, data);
    int status = 0;
    ::waitpid(child, &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, read_text(folder / "stdout"), read_text(folder / "stderr")};
}

Place::Place() {
    const SyntheticOptions options{.seed = 1, .train_records = 40, .test_records = 6};
    write_cifar10(set, make_synthetic(options, Split::train), make_synthetic(options, Split::test));
}

std::string complaint(const std::string& where) { return concat("tern: [", where, "] "); }

}  // namespace tern::test
