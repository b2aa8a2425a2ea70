// `tern prune`, and what takes its files.
#include <filesystem>

#include "tern/core/files/safetensors.hpp"
#include "tern/tests/apps/trained_place.hpp"

using namespace tern;
using test::complaint;
using test::run_tern;

namespace {

struct TrainedPlace : test::TrainedPlace {
    TrainedPlace() : test::TrainedPlace("prune", "half.safetensors") {}

    std::vector<std::string> flags(const std::vector<std::string>& more) const {
        std::vector<std::string> all{"--checkpoint", weights, "--output", "half.safetensors"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    std::string require(const std::vector<std::string>& arguments) const {
        const test::Finished done = run_tern(*this, arguments);
        INFO(done.err);
        REQUIRE(done.status == 0);
        return done.out;
    }
};

}  // namespace

TEST_CASE("a pruned file is what a weight file is, and is trained on to equal bits") {
    const TrainedPlace place;
    const std::string half = "half.safetensors";
    const std::vector<std::string> all = place.flags({"--rate", "0.5", "--multiple", "2"});
    const test::Finished done = place.made(all);
    CHECK(done.err.empty());
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Catch::StartsWith("    4 of     6  conv1.weight\n    8 of    16  conv2.weight\n") &&
                             Catch::Contains("lenet5, pruned: ") && Catch::EndsWith(": half.safetensors\n"));
    const std::string bytes = test::read_text(place / half);
    CHECK(place.made(all).status == 0);
    CHECK(test::read_text(place / half) == bytes);
    CHECK(read_safetensors(place / half).metadata.contains("widths"));

    CHECK_THAT(place.require({"evaluate", "--checkpoint", half, "--data", place.set}),
               Catch::Contains("lenet5 on 6 test samples"));
    place.require({"quantize", "--checkpoint", half, "--data", place.set, "--output", "small.safetensors"});
    place.require({"evaluate", "--checkpoint", "small.safetensors", "--data", place.set});
    place.require({"export", "--checkpoint", half, "--output", "half.onnx"});
    place.require({"average", half, half, "--data", place.set, "--output", "mean.safetensors"});
    CHECK(read_safetensors(place / "mean.safetensors").metadata.at("widths") ==
          read_safetensors(place / half).metadata.at("widths"));
    place.require({"prune", "--checkpoint", half, "--rate", "0.5", "--multiple", "1", "--data", place.set,
                   "--output", "quarter.safetensors"});
    place.require({"evaluate", "--checkpoint", "quarter.safetensors", "--data", place.set});
    const test::Finished other =
        run_tern(place, {"average", half, place.weights, "--data", place.set, "--output", "no.safetensors"});
    CHECK(other.err == "tern: [run/last.safetensors] has another list of widths than half.safetensors\n");
    CHECK(other.status == 1);

    const auto train = [&](const std::string& run, const char* steps) {
        place.require({"train", "--data", place.set, "--model", "lenet5", "--init", half, "--batch-size", "4",
                       "--steps", steps, "--run", run});
    };
    train("whole", "4");
    train("parts", "2");
    place.require({"train", "--resume", "--run", "parts", "--steps", "4"});
    CHECK(test::read_text(place / "parts/last.safetensors") ==
          test::read_text(place / "whole/last.safetensors"));
    CHECK(read_safetensors(place / "whole/last.safetensors").metadata.at("widths") ==
          read_safetensors(place / half).metadata.at("widths"));
    place.require({"train", "--data", place.set, "--model", "lenet5", "--teacher", half, "--batch-size", "4",
                   "--steps", "1", "--run", "taught"});
}

TEST_CASE("prune without what it needs, or with what it does not know") {
    const TrainedPlace place;
    place.check_refusal(2, {"--rate", "0.5", "--output", "half.safetensors"},
                        complaint("--checkpoint") + "must name a weight file");
    place.check_refusal(2, place.flags({}), complaint("--rate") + "must be the share of channels that goes");
    place.check_refusal(2, {"--checkpoint", place.weights, "--rate", "0.5"},
                        complaint("--output") + "must name the safetensors file to write");
    for (const char* rate : {"0", "1", "-0.5", "1.5", "nan", "half"}) {
        const test::Finished done = place.made(place.flags({"--rate", rate}));
        CHECK_THAT(done.err,
                   Catch::StartsWith(complaint("--rate") + "must be a number above 0 and below 1, got "));
        CHECK(done.status == 2);
    }
    place.check_refusal(2, place.flags({"--rate", "0.5", "--samples", "3"}),
                        complaint("--data") + "must name the data set whose images are asked for");
    place.check_refusal(2, place.flags({"--rate", "0.5", "--multiple", "0"}),
                        complaint("--multiple") + "must be a whole number from 1 to 4096, got 0");
    place.check_refusal(2, place.flags({"--rate", "0.5", "--criterion", "best"}),
                        complaint("--criterion") + "must be one of group-norm, scale, got best");
    place.check_refusal(
        1, place.flags({"--rate", "0.5", "--multiple", "4096"}),
        complaint("prune") +
            "no channel can go at rate 0.5: the model has 4 groups of channels that can, each "
            "of which keeps a multiple of 4096");
    place.check_refusal(2, {"--checkpoint", place.weights, "--rate", "0.5", "--output", place.weights},
                        complaint("--output") +
                            "would replace run/last.safetensors, which is read, got run/last.safetensors");
    const test::Finished small = run_tern(place, {"quantize", "--checkpoint", place.weights, "--data",
                                                  place.set, "--output", "small.safetensors"});
    REQUIRE(small.status == 0);
    place.check_refusal(
        1, {"--checkpoint", "small.safetensors", "--rate", "0.5", "--output", "half.safetensors"},
        complaint("small.safetensors") +
            "is a model in 8 bits, which can only be evaluated, exported and predict");
}
