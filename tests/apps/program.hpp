// The program run as a process.
#pragma once

#include <string>
#include <vector>

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

/// The same with standard output and error on a terminal of 200 columns; both come in `out`.
Finished run_tern_on_terminal(const TemporaryFolder& folder, std::vector<std::string> arguments);

/// A folder with a small synthetic set in `set`: 5 x 8 training and 6 test records.
struct Place : TemporaryFolder {
    Place();
    std::string set = (*this / "set").string();
};

/// "tern: [" + where + "] "
std::string complaint(const std::string& where);

}  // namespace tern::test
