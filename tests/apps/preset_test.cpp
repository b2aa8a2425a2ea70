// --preset: other defaults for the flags that are not given.
#include <sstream>

#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using test::run_tern;

namespace {

// The settings that a run would have.
std::string planned(const test::TemporaryFolder& place, std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "--data", "synthetic", "--dry-run"});
    const test::Finished done = run_tern(place, more);
    INFO(done.err);
    REQUIRE(done.status == 0);
    return done.out;
}

// Of --help, where a long list goes on in the next line.
std::vector<std::string> preset_names(const test::TemporaryFolder& place) {
    std::string help = run_tern(place, {"train", "--help"}).out;
    for (std::size_t at; (at = help.find("|\n")) != std::string::npos;)
        help.erase(at + 1, help.find_first_not_of(" \n", at + 1) - at - 1);
    const std::size_t begin = help.find("paper-sequential|");
    REQUIRE(begin != std::string::npos);
    std::vector<std::string> names;
    std::istringstream text(help.substr(begin, help.find_first_of(" \n", begin) - begin));
    for (std::string name; std::getline(text, name, '|');) names.push_back(name);
    return names;
}

}  // namespace

TEST_CASE("the paper's presets are its runs") {
    const test::TemporaryFolder place;
    const std::string common =
        "optimizer = 'adam'\nlr = 0.001\nbetas = [0.9, 0.999]\nepsilon = 1e-07\nweight_decay = 0.0\n";
    const std::string sequential = planned(place, {"--preset", "paper-sequential"});
    for (const std::string& lines :
         {std::string("preset = 'paper-sequential'\nmodel = 'mini_xception'\n"),
          std::string("epochs = 8\nbatch_size = 32\n"), std::string("augment = 'none'\n"),
          std::string("normalize = 'unit'\n"), common, std::string("running_statistics = 'published'\n"),
          std::string("label_smoothing = 0.0\n"), std::string("schedule = 'constant'\n")})
        CHECK_THAT(sequential, Catch::Contains(lines));
    CHECK_THAT(sequential, !Catch::Contains("validation = "));
    const std::string pytorch = planned(place, {"--preset", "paper-pytorch"});
    CHECK_THAT(pytorch, Catch::Contains("model = 'mini_xception_dense'\n") &&
                            Catch::Contains("epochs = 20\nbatch_size = 64\n") &&
                            Catch::Contains("normalize = 'half'\n") && Catch::Contains("epsilon = 1e-08\n") &&
                            Catch::Contains("running_statistics = 'published'\n"));
    const std::string mirrored = planned(place, {"--preset", "paper-mirrored"});
    CHECK_THAT(mirrored, Catch::Contains("model = 'mini_xception'\n") &&
                             Catch::Contains("epochs = 20\nbatch_size = 32\n") &&
                             Catch::Contains("validation = 0.2\nstratify = false\n") &&
                             Catch::Contains(common) &&
                             Catch::Contains("4,000 samples to train on in batches of 32, 1,000 held out"));
}

TEST_CASE("every preset is a run") {
    const test::TemporaryFolder place;
    const std::vector<std::string> names = preset_names(place);
    CHECK(names.size() == 5);
    for (const std::string& name : names)
        CHECK_THAT(planned(place, {"--preset", name}), Catch::Contains("preset = '" + name + "'\n"));
    // One name may have a recipe for each of several models.
    CHECK_THAT(planned(place, {"--preset", "good"}),
               Catch::Contains("model = 'mini_xception'\n") && !Catch::Contains("cutout"));
    CHECK_THAT(planned(place, {"--preset", "good", "--model", "tiniest"}),
               Catch::Contains("model = 'tiniest'\n") && Catch::Contains("cutout=8"));
}

TEST_CASE("what is given goes before a preset") {
    const test::TemporaryFolder place;
    const std::string given = planned(place, {"--preset", "paper-mirrored", "--epochs", "3", "--lr", "0.1"});
    CHECK_THAT(given, Catch::Contains("epochs = 3\n") && Catch::Contains("lr = 0.1\n") &&
                          Catch::Contains("batch_size = 32\n") && Catch::Contains("validation = 0.2\n"));
    // A config file too, which may also be what names the preset.
    test::write_text(place / "cfg.toml", "preset = 'paper-pytorch'\nbatch_size = 16\n");
    const std::string file = planned(place, {"--config", "cfg.toml", "--lr", "0.1"});
    CHECK_THAT(file, Catch::Contains("batch_size = 16\n") && Catch::Contains("lr = 0.1\n") &&
                         Catch::Contains("model = 'mini_xception_dense'\n") &&
                         Catch::Contains("epochs = 20\n"));
    // What has no meaning beside another flag is left out.
    CHECK_THAT(planned(place, {"--preset", "paper-sequential", "--optimizer", "sgd"}),
               Catch::Contains("optimizer = 'sgd'\n") && !Catch::Contains("betas = "));
    CHECK_THAT(planned(place, {"--preset", "paper-sequential", "--steps", "3"}),
               Catch::Contains("steps = 3\n") && !Catch::Contains("epochs = "));
}

TEST_CASE("a preset that there is not, or for another model") {
    const test::TemporaryFolder place;
    const auto check = [&](std::vector<std::string> more, const std::string& line) {
        more.insert(more.begin(), {"train", "--data", "synthetic"});
        const test::Finished done = run_tern(place, more);
        CHECK(done.status == 2);
        CHECK(done.err == "tern: " + line + "\n");
        CHECK_FALSE(std::filesystem::exists(place / "runs"));
    };
    check(
        {"--preset", "paper"},
        "[--preset] must be one of paper-sequential, paper-pytorch, paper-mirrored, quick, good, got paper");
    check({"--preset", "paper-pytorch", "--model", "resnet20"},
          "[--preset] paper-pytorch is for mini_xception_dense, got --model resnet20");
    check({"--preset", "good", "--model", "resnet20"},
          "[--preset] good is for mini_xception, tiniest, got --model resnet20");
    test::write_text(place / "cfg.toml", "preset = 'paper'\n");
    const test::Finished done = run_tern(place, {"train", "--data", "synthetic", "--config", "cfg.toml"});
    CHECK(done.status == 1);
    CHECK(done.err ==
          "tern: [cfg.toml] preset must be one of paper-sequential, paper-pytorch, paper-mirrored, quick, "
          "good, got paper\n");
}

TEST_CASE("a run with a preset is resumed by what its config says") {
    const test::FolderWithSet place;
    const auto resumed = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"train", "--resume", "--run", "run"});
        return run_tern(place, more);
    };
    REQUIRE(run_tern(place, {"train", "--data", place.set, "--preset", "paper-sequential", "--model",
                             "mini_xception", "--steps", "1", "--batch-size", "2", "--run", "run"})
                .status == 0);
    std::string config = test::read_text(place / "run" / "config.toml");
    CHECK_THAT(config, Catch::StartsWith("preset = 'paper-sequential'\n"));
    CHECK(resumed({"--steps", "2"}).status == 0);
    CHECK(resumed({"--preset", "paper-pytorch"}).err ==
          "tern: [--preset] the run in run has paper-sequential, got paper-pytorch\n");
    // Also where there is no preset of that name any more.
    config.replace(config.find("paper-sequential"), 16, "of-other-times");
    test::write_text(place / "run" / "config.toml", config);
    CHECK(resumed({"--steps", "3"}).status == 0);
    CHECK_THAT(test::read_text(place / "run" / "config.toml"),
               Catch::StartsWith("preset = 'of-other-times'\n"));
}
