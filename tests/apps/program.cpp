#include "tern/tests/apps/program.hpp"

#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tern::test {
namespace {

[[noreturn]] void become_tern(const TemporaryFolder& folder, std::vector<std::string>& arguments,
                              const std::string& data) {
    data.empty() ? ::unsetenv("TERN_DATA") : ::setenv("TERN_DATA", data.c_str(), 1);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    if (::chdir(folder.path().c_str()) == 0) ::execv(TERN_PROGRAM, pointers.data());
    ::_exit(127);
}

void redirect(int stream, const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(file, stream);
    ::close(file);
}

int exit_status(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

pid_t start_tern(const TemporaryFolder& folder, std::vector<std::string> arguments, const std::string& data,
                 rlim_t largest_file) {
    arguments.insert(arguments.begin(), "tern");
    const pid_t child = ::fork();
    TERN_CHECK(child >= 0, "fork", "failed");
    if (child == 0) {
        redirect(STDOUT_FILENO, folder / "stdout");
        redirect(STDERR_FILENO, folder / "stderr");
        const rlimit limit{largest_file, largest_file};
        if (largest_file != RLIM_INFINITY) ::setrlimit(RLIMIT_FSIZE, &limit);
        become_tern(folder, arguments, data);
    }
    return child;
}

Finished wait_for(pid_t child, const TemporaryFolder& folder) {
    const int status = exit_status(child);
    return {status, read_text(folder / "stdout"), read_text(folder / "stderr")};
}

Finished run_tern(const TemporaryFolder& folder, std::vector<std::string> arguments,
                  const std::string& data) {
    return wait_for(start_tern(folder, std::move(arguments), data), folder);
}

Finished run_tern_on_terminal(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tern");
    const winsize size{.ws_row = 50, .ws_col = 200, .ws_xpixel = 0, .ws_ypixel = 0};
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
    TERN_CHECK(child >= 0, "forkpty", "failed");
    if (child == 0) {
        ::setenv("TERM", "xterm", 1);
        become_tern(folder, arguments, "");
    }
    std::string text;
    std::array<char, 4096> piece{};
    // Until the other side is closed, which reads as an error.
    for (ssize_t bytes = 0; (bytes = ::read(terminal, piece.data(), piece.size())) > 0;)
        text.append(piece.data(), static_cast<std::size_t>(bytes));
    ::close(terminal);
    return {exit_status(child), text, ""};
}

FolderWithSet::FolderWithSet() {
    const SyntheticOptions options{.seed = 1, .train_samples = 40, .test_samples = 6};
    write_cifar10(set, make_synthetic(options, Split::train), make_synthetic(options, Split::test));
}

std::string complaint(const std::string& where) { return to_text("tern: [", where, "] "); }

}  // namespace tern::test
