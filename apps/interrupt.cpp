#include "tern/apps/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace tern::apps {
namespace {

// Signals may come on any thread.
std::atomic<int> noted = 0;
static_assert(std::atomic<int>::is_always_lock_free);

void set_action(void (*handler)(int), int flags) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
        struct sigaction current {};
        ::sigaction(signal, nullptr, &current);
        // A shell starts background jobs with Ctrl-C ignored: that is its user's wish.
        if (current.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);
    }
}

void note(int signal) {
    noted = signal;
    set_action(SIG_DFL, 0);        // sigaction() may be called here (POSIX, async-signal-safe)
    std::signal(SIGHUP, SIG_IGN);  // and signal()
    std::signal(SIGUSR1, SIG_IGN);
}

}  // namespace

NoBrokenPipe::NoBrokenPipe() : before_(std::signal(SIGPIPE, SIG_IGN)) {}

NoBrokenPipe::~NoBrokenPipe() { std::signal(SIGPIPE, before_); }

SignalWatch::SignalWatch() {
    noted = 0;
    set_action(note, SA_RESTART);
}

SignalWatch::~SignalWatch() { set_action(SIG_DFL, 0); }

int SignalWatch::signal() const { return noted; }

}  // namespace tern::apps
