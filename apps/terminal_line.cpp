#include "tern/apps/terminal_line.hpp"

#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include "tern/apps/console.hpp"
#include "tern/core/clock.hpp"

namespace tern::apps {
TerminalLine::TerminalLine() : terminal_(is_full_terminal(stderr)), start_(steady_seconds()) {}

bool TerminalLine::due() const { return terminal_ && steady_seconds() - last_ >= 0.25; }

void TerminalLine::show(const std::string& line) {
    if (!terminal_) return;
    // Back to the first column, the line, and what an older, longer line left is erased.
    std::fprintf(stderr, "\r%s\033[K", line.c_str());
    std::fflush(stderr);
    last_ = steady_seconds();
    drawn_ = true;
}

void TerminalLine::clear() {
    if (!drawn_) return;
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
    drawn_ = false;
}

double TerminalLine::seconds() const { return steady_seconds() - start_; }

int TerminalLine::width() {
    winsize size{};
    return (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80) - 1;
}

}  // namespace tern::apps
