// A file with a name in each line.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tern/core/files/file_descriptor.hpp"

namespace tern::apps {

/// Reads one that may be larger than memory, or come slowly through a pipe. Every failure throws Error that names the file.
class NameList {
  public:
    /// `stop` is asked while a pipe gives nothing. Throws Error where the file is of another kind or names nothing.
    NameList(FileDescriptor file, std::function<bool()> stop);

    /// The next line that is not empty, without its end; nothing after the last one, or at a stop.
    std::optional<std::string> next();

  private:
    std::optional<std::string> read_name();
    bool read_more();
    void check_kind();

    FileDescriptor file_;
    std::function<bool()> stop_;
    std::string text_;       // read and not taken
    std::size_t begin_ = 0;  // of what is not taken of it
    std::int64_t lines_ = 0;
    std::optional<std::string> first_;
};

/// Waits until `file` can be read, or for `stop`: whether it can.
bool wait_for_input(const FileDescriptor& file, const std::function<bool()>& stop);

}  // namespace tern::apps
