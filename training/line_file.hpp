// A file that grows line by line.
#pragma once

#include "tern/training/record_file.hpp"

namespace tern {

/// A RecordFile whose records are lines.
class LineFile : public RecordFile {
  public:
    /// Keeps the first `keep_bytes` of what is there, or those whole lines that are left of them; 0 starts an
    /// empty file. Throws Error that names the file.
    explicit LineFile(const std::filesystem::path& path, std::int64_t keep_bytes = 0);

    /// As RecordFile's, of a line without its end.
    void append(std::string_view line);
};

}  // namespace tern
