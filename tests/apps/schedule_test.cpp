// Schedules and growing batches, from outside.
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using test::run_tern;

namespace {

test::Finished train(const test::FolderWithSet& place, std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "--data", place.set, "--model", "tiniest", "--batch-size", "8"});
    return run_tern(place, more);
}

}  // namespace

TEST_CASE("a schedule is drawn and nothing is trained") {
    const test::FolderWithSet place;
    const test::Finished done = train(place, {"--epochs", "4", "--schedule", "cosine", "--warmup", "0.5",
                                              "--batch-schedule", "2@3", "--plot-schedule", "s.svg"});
    INFO(done.err);
    REQUIRE(done.status == 0);
    CHECK_THAT(done.out, Catch::Contains(" to train on in batches of 8, from epoch 3 on of 16; ") ||
                             Catch::Contains(" to train on in batches of 8, from epoch 3 on of 16\n"));
    CHECK_THAT(done.out, Catch::EndsWith("schedule: s.svg; nothing was trained\n"));
    const std::string svg = test::read_text(place / "s.svg");
    CHECK_THAT(svg,
               Catch::StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\"") && Catch::EndsWith("</svg>\n"));
    // Epochs of 5, 5, 3 and 3 steps of 40 images, after a warm-up of 3.
    CHECK_THAT(svg, Catch::Contains(">learning rate, cosine: 4 epochs, 16 steps, highest 0.001, last "));
    CHECK_THAT(svg, Catch::Contains(">batch size</text>"));
    CHECK_FALSE(std::filesystem::exists(place / "runs"));
    const test::Finished even = train(place, {"--epochs", "4", "--plot-schedule", "s.svg"});
    REQUIRE(even.status == 0);
    CHECK_THAT(test::read_text(place / "s.svg"), !Catch::Contains(">batch size</text>"));
}

TEST_CASE("a schedule that does not fit the run is one line, and nothing is written") {
    const test::FolderWithSet place;
    const auto check = [&](std::vector<std::string> flags, int status, const std::string& line) {
        flags.insert(flags.end(), {"--epochs", "3"});
        const test::Finished done = train(place, flags);
        CHECK(done.status == status);
        CHECK(done.err == "tern: " + line + "\n");
        CHECK_FALSE(std::filesystem::exists(place / "runs"));
    };
    check({"--warmup", "3"}, 1, "[schedule] a warm-up must be shorter than the run of 3 epochs, got 3");
    check({"--schedule", "step"}, 1, "[schedule] step needs milestones");
    check({"--schedule", "step", "--milestones", "1,3"}, 1,
          "[schedule] milestones must ascend, after the warm-up and before the end of the run of 3 epochs, "
          "got 3");
    check({"--schedule", "cosine", "--final-lr", "1"}, 1,
          "[schedule] the final learning rate must be at most the highest, 0.001, got 1");
    check({"--batch-schedule", "2@4"}, 1,
          "[train] a batch that grows at epoch 4 needs a run that is longer, got 3 epochs");
    check({"--schedule", "plateau", "--plot-schedule", "s.svg"}, 2,
          "[--plot-schedule] a plateau follows evaluations: its rates are not known before");
    check({"--optimizer", "muon", "--momentum", "0"}, 1, "[muon] the momentum must be in (0, 1), got 0");
}
