// One moving line on a terminal.
#pragma once

#include <string>

namespace tern::apps {

/// Draws on standard error where that is a terminal; else does nothing.
class TerminalLine {
  public:
    TerminalLine();
    ~TerminalLine() { clear(); }
    TerminalLine(const TerminalLine&) = delete;
    TerminalLine& operator=(const TerminalLine&) = delete;

    /// Whether it is time for another line: on a terminal, four times a second.
    bool due() const;
    void show(const std::string& line);
    /// Before anything else is printed.
    void clear();
    /// Seconds since it was made.
    double seconds() const;
    /// Columns that a line may take.
    static int width();

  private:
    bool terminal_;
    bool drawn_ = false;
    double start_;
    double last_ = 0;
};

}  // namespace tern::apps
