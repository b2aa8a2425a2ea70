// The program run as a process.
#pragma once

#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

#include "tern/data/cifar10.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/tests/temporary_folder.hpp"

namespace tern::test {

struct Finished {
    int status = -1;  // exit status; 128 + signal where one ended it
    std::string out, err;
};

/// Runs `tern` with these arguments in `folder`, without TERN_DATA unless `data` is given.
Finished run_tern(const TemporaryFolder& folder, std::vector<std::string> arguments,
                  const std::string& data = "");

/// The same in two parts, for tests that do something in between. No file may grow above `largest_file`
/// bytes.
pid_t start_tern(const TemporaryFolder& folder, std::vector<std::string> arguments,
                 const std::string& data = "", rlim_t largest_file = RLIM_INFINITY);
Finished wait_for(pid_t child, const TemporaryFolder& folder);

/// The same with standard output and error on a terminal of 200 columns; both come in `out`.
Finished run_tern_on_terminal(const TemporaryFolder& folder, std::vector<std::string> arguments);

/// A folder with a small synthetic set in `set`: 5 x 8 training and 6 test samples.
struct FolderWithSet : TemporaryFolder {
    FolderWithSet();
    std::string set = (*this / "set").string();
};

/// "tern: [" + where + "] "
std::string complaint(const std::string& where);

}  // namespace tern::test
