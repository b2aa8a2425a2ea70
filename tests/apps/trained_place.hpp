// A folder with a set and the run of a small model, for commands that make a file of its weights.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

namespace tern::test {

struct TrainedPlace : FolderWithSet {
    /// `command` makes `file`.
    TrainedPlace(std::string command, std::string file)
        : command_(std::move(command)), file_(std::move(file)) {
        REQUIRE(run_tern(*this, {"train", "--data", set, "--model", "lenet5", "--steps", "2", "--batch-size",
                                 "4", "--run", "run"})
                    .status == 0);
    }

    Finished made(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), command_);
        return run_tern(*this, arguments);
    }
    /// The command ends so, says this line and makes no file.
    void check_refusal(int status, const std::vector<std::string>& arguments, const std::string& line) const {
        const Finished done = made(arguments);
        CHECK(done.err == line + "\n");
        CHECK(done.status == status);
        CHECK(done.out.empty());
        CHECK_FALSE(std::filesystem::exists(*this / file_));
    }

    std::string weights = "run/last.safetensors";

  private:
    std::string command_, file_;
};

}  // namespace tern::test
