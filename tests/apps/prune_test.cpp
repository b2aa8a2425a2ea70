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

TEST_CASE("summary shows what a file has") {
    const TrainedPlace place;
    const auto table = [](const std::string& summary) { return summary.substr(summary.find('\n')); };
    const std::string whole = place.require({"summary", "--checkpoint", place.weights});
    CHECK_THAT(whole, Catch::StartsWith("lenet5, one image (32,32,3): run/last.safetensors\n"));
    CHECK(table(whole) == table(place.require({"summary", "--model", "lenet5"})));

    // 4 of 6 and 8 of 16 channels, 60 of 120 and 42 of 84 features: weights and biases, and products of 28x28 and 10x10 pixels.
    constexpr std::int64_t kParameters =
        (75 * 4 + 4) + (100 * 8 + 8) + (200 * 60 + 60) + (60 * 42 + 42) + (42 * 10 + 10);
    constexpr std::int64_t kMultiplyAdds =
        28 * 28 * 75 * 4 + 10 * 10 * 100 * 8 + 200 * 60 + 60 * 42 + 42 * 10;
    static_assert(kParameters == 16'164 && kMultiplyAdds == 330'140);
    REQUIRE(place.made(place.flags({"--rate", "0.5", "--multiple", "2"})).status == 0);
    const std::string half = place.require({"summary", "--checkpoint", "half.safetensors"});
    CHECK_THAT(half, Catch::StartsWith("lenet5, one image (32,32,3): half.safetensors\n"));
    CHECK_THAT(half,
               Catch::Contains("\nparameters        16,164 trainable, 16,164 with running statistics\n"));
    CHECK_THAT(half, Catch::Contains("\nmultiply-adds     330,140 per image\n"));
    CHECK_THAT(half, Catch::Contains(" (1,28,28,4) ") && Catch::Contains(" (1,200) "));

    const auto check_no_summary = [&](const std::string& file, const std::string& line) {
        const test::Finished done = run_tern(place, {"summary", "--checkpoint", file});
        CHECK(done.err == complaint(file) + line + "\n");
        CHECK(done.status == 1);
        CHECK(done.out.empty());
    };
    place.require(
        {"quantize", "--checkpoint", place.weights, "--data", place.set, "--output", "small.safetensors"});
    check_no_summary("small.safetensors",
                     "is a model in 8 bits, which can only be evaluated, exported and predict");
    Safetensors foreign = read_safetensors(place / place.weights);
    foreign.metadata.clear();
    write_safetensors(place / "foreign.safetensors", foreign);
    check_no_summary("foreign.safetensors", "does not say of what model its weights are");
    check_no_summary("none.safetensors", "no such file");
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
