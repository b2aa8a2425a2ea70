// The list of passes that decides whether training goes to a GPU, against what training runs.
#include "tern/training/required_passes.hpp"

#include <cstdlib>
#include <set>
#include <sstream>

#include "tern/models/registry.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

// Adds the passes that a command of the program runs, which it prints as "<op>.<pass> -> <implementation>".
void add_passes(const test::FolderWithSet& place, const std::vector<std::string>& arguments,
                std::set<std::string>& passes) {
    ::setenv("TERN_VERBOSE", "dispatch", 1);
    const test::Finished done = test::run_tern(place, arguments);
    ::unsetenv("TERN_VERBOSE");
    REQUIRE(done.status == 0);
    std::istringstream lines(done.err);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t arrow = line.find(" -> ");
        if (arrow != std::string::npos) passes.insert(line.substr(0, arrow));
    }
}

}  // namespace

TEST_CASE("the required passes are those that all models and optimizers run") {
    const test::FolderWithSet place;
    std::set<std::string> run, required;
    const std::string parts = "auto,separable_conv2d=unfused,normalize_max_pool2d=unfused";
    for (const ModelInfo& info : all_models()) {
        const std::string model(info.name);
        const std::vector<std::string> common{"train",    "--data", place.set,   "--model", model,
                                              "--device", "cpu",    "--kernels", parts};
        const auto with = [&](std::vector<std::string> more) {
            more.insert(more.begin(), common.begin(), common.end());
            return more;
        };
        add_passes(place, with({"--epochs", "1", "--batch-size", "20", "--run", model}), run);
        add_passes(place,
                   with({"--steps", "1", "--batch-size", "2", "--optimizer", "sgd", "--momentum", "0.9"}),
                   run);
        add_passes(place,
                   {"evaluate", "--data", place.set, "--device", "cpu", "--kernels", parts, "--checkpoint",
                    (place / model / "last.safetensors").string()},
                   run);
    }
    for (const char* optimizer : {"rmsprop", "muon"})
        add_passes(place,
                   {"train", "--data", place.set, "--device", "cpu", "--kernels", parts, "--steps", "2",
                    "--batch-size", "2", "--optimizer", optimizer, "--clip-norm", "1", "--ema", "0.9",
                    "--precision", "float16"},
                   run);
    for (const Pass* pass : required_passes()) required.insert(to_text(pass->op, '.', pass->name));
    CHECK(required == run);
}
