// Ctrl-C, and the signals of schedulers and of a terminal that is closed.
#pragma once

#include <stdexcept>
#include <string>

namespace tern::apps {

/// A signal was obeyed in good order: exit status 128 + signal.
class Interrupted : public std::runtime_error {
  public:
    Interrupted(int signal, const std::string& what) : std::runtime_error(what), signal_(signal) {}
    int status() const { return 128 + signal_; }

  private:
    int signal_;
};

/// While it lives, a reader of what is printed that leaves is an error of write(), not the end of the
/// program.
class NoBrokenPipe {
  public:
    NoBrokenPipe();
    ~NoBrokenPipe();
    NoBrokenPipe(const NoBrokenPipe&) = delete;
    NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

  private:
    void (*before_)(int);
};

/// While it lives, the first SIGINT, SIGTERM, SIGHUP or SIGUSR1, a scheduler's early warning, is only noted; a second
/// one ends the program at once, but for SIGHUP and SIGUSR1: a terminal that is closed may send two, and a launcher
/// may pass on what each process was sent, too.
class SignalWatch {
  public:
    SignalWatch();
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

    /// The signal that came, or 0.
    int signal() const;
};

}  // namespace tern::apps
