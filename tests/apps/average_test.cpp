// `tern average`, and `tern evaluate` of several files.
#include <nlohmann/json.hpp>

#include "tern/core/files/safetensors.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using nlohmann::json;
using test::run_tern;

namespace {

// Two short runs, of two seeds.
struct TwoRuns : test::FolderWithSet {
    TwoRuns() {
        for (const std::string seed : {"0", "1"})
            REQUIRE(run_tern(*this, {"train", "--data", set, "--model", "resnet20", "--steps", "3",
                                     "--batch-size", "8", "--seed", seed, "--run", "run" + seed})
                        .status == 0);
    }
    std::string first = "run0/last.safetensors", second = "run1/last.safetensors";
};

}  // namespace

TEST_CASE("several files are evaluated together, and each by itself") {
    const TwoRuns place;
    const auto evaluated = [&](std::vector<std::string> files) {
        files.insert(files.begin(), {"evaluate", "--data", place.set, "--json", "--checkpoint"});
        const test::Finished done = run_tern(place, files);
        INFO(done.err);
        REQUIRE(done.status == 0);
        return json::parse(done.out);
    };
    const json one = evaluated({place.first}), other = evaluated({place.second}),
               both = evaluated({place.first, place.second});
    CHECK_FALSE(one.contains("members"));
    REQUIRE(both["members"].size() == 2);
    CHECK(both["members"][0]["checkpoint"] == place.first);
    CHECK(both["members"][0]["loss"] == one["loss"]);
    CHECK(both["members"][1]["loss"] == other["loss"]);
    CHECK(both["members"][1]["accuracy"] == other["accuracy"]);
    // The logarithm is concave: the loss of the mean is at most the mean of the losses.
    CHECK(both["loss"] < (one["loss"].get<double>() + other["loss"].get<double>()) / 2);
    // Of equal members it is one's own, but for rounding.
    CHECK(evaluated({place.first, place.first})["loss"].get<double>() == Approx(one["loss"].get<double>()));
    const std::string text =
        run_tern(place, {"evaluate", "--data", place.set, "--checkpoint", place.first, place.second}).out;
    CHECK_THAT(text, Catch::Contains(": run1/last.safetensors\nensemble of 2 on 6 test samples of "));
}

TEST_CASE("the average of two files is a weight file") {
    const TwoRuns place;
    const auto average = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"average", place.first, place.second, "--data", place.set});
        return run_tern(place, more);
    };
    const test::Finished done = average({"--output", "mean.safetensors", "--samples", "16"});
    INFO(done.err);
    REQUIRE(done.status == 0);
    CHECK_THAT(done.out, Catch::Contains("run0/last.safetensors\n") &&
                             Catch::EndsWith("  mean.safetensors, their average\n"));
    const Safetensors a = read_safetensors(place / place.first), b = read_safetensors(place / place.second),
                      mean = read_safetensors(place / "mean.safetensors");
    CHECK(mean.metadata == a.metadata);
    for (std::size_t i = 0; i < mean.tensors.size(); ++i) {
        const NamedTensor& named = mean.tensors[i];
        INFO(named.name);
        REQUIRE(named.name == a.tensors[i].name);
        if (named.tensor.dtype() != DType::float32) continue;
        bool equal = true;
        for (std::int64_t k = 0; k < named.tensor.numel(); ++k)
            equal = equal && named.tensor.data<float>()[k] ==
                                 static_cast<float>(a.tensors[i].tensor.data<float>()[k] / 2.0 +
                                                    b.tensors[i].tensor.data<float>()[k] / 2.0);
        // Statistics are those of the average's own activations.
        CHECK(equal == (named.name.find("running_") == std::string::npos));
    }
    CHECK(run_tern(place, {"evaluate", "--data", place.set, "--checkpoint", "mean.safetensors"}).status == 0);
    const auto refused = [&](std::vector<std::string> more, int status, const std::string& line) {
        const test::Finished finished = average(std::move(more));
        CHECK(finished.status == status);
        CHECK(finished.err == "tern: " + line + "\n");
    };
    refused({}, 2, "[--output] must name the weight file to write");
    refused({"--output", "x", "--shares", "1"}, 2, "[--shares] must be one for each of the 2 files, got 1");
    refused({"--output", "x", "--shares", "1,0"}, 2, "[--shares] must be a number above 0, got 0");
    refused({"--output", place.first}, 2,
            "[--output] would replace run0/last.safetensors, which is read, got run0/last.safetensors");
    CHECK_FALSE(std::filesystem::exists(place / "x"));
}
