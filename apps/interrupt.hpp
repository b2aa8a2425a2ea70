// Ctrl-C, and the signal with which schedulers end a program.
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

/// While it lives, the first SIGINT or SIGTERM is only noted; the second ends the program at once.
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
