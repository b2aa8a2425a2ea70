// `tern quantize`, and what takes its files.
#include <cstdlib>
#include <filesystem>

#include "tern/core/files/safetensors.hpp"
#include "tern/tests/apps/trained_place.hpp"

using namespace tern;
using test::complaint;
using test::run_tern;

namespace {

struct TrainedPlace : test::TrainedPlace {
    TrainedPlace() : test::TrainedPlace("quantize", "small.safetensors") {}
};

}  // namespace

TEST_CASE("a file in 8 bits is evaluated and predicts, is exported, and nothing else takes it") {
    const TrainedPlace place;
    const std::vector<std::string> all{"--checkpoint", place.weights, "--data",
                                       place.set,      "--output",    "small.safetensors"};
    const test::Finished done = place.made(all);
    CHECK(done.err.empty());
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Catch::StartsWith("lenet5 in 8 bits, ") && Catch::EndsWith(": small.safetensors\n"));
    const std::string bytes = test::read_text(place / "small.safetensors");
    CHECK(bytes.size() < test::read_text(place / place.weights).size() * 3 / 10);
    CHECK(place.made(all).status == 0);
    CHECK(test::read_text(place / "small.safetensors") == bytes);

    const Safetensors file = read_safetensors(place / "small.safetensors");
    CHECK(file.metadata.at("quantization") == "int8");

    for (const char* threads : {"1", "2"}) {
        for (const char* batch : {"3", "256"}) {
            const std::string logits = std::string("logits-") + threads + batch + ".safetensors";
            const test::Finished evaluated =
                run_tern(place, {"evaluate", "--checkpoint", "small.safetensors", "--data", place.set,
                                 "--threads", threads, "--batch-size", batch, "--logits", logits});
            CHECK(evaluated.err.empty());
            CHECK(evaluated.status == 0);
            CHECK(test::read_text(place / logits) == test::read_text(place / "logits-13.safetensors"));
        }
    }
    const auto refused = [&](const std::vector<std::string>& arguments, const std::string& line) {
        const test::Finished finished = run_tern(place, arguments);
        CHECK_THAT(finished.err, Catch::Contains(line));
        CHECK(finished.status == 1);
    };
    const std::string only =
        "[small.safetensors] is a model in 8 bits, which can only be evaluated, exported and predict\n";
    for (const std::string fold : {"", "--fold"}) {  // they are folded
        const std::string model = "model" + fold + ".onnx";
        std::vector<std::string> arguments{"export", "--checkpoint", "small.safetensors", "--output", model};
        if (!fold.empty()) arguments.push_back(fold);
        const test::Finished exported = run_tern(place, arguments);
        CHECK(exported.err.empty());
        CHECK(exported.out == "lenet5 in 8 bits for images (32,32,3) of 10 classes: " + model + "\n");
        CHECK_THAT(test::read_text(place / model),
                   Catch::Contains("QuantizeLinear") && Catch::Contains("int8"));
    }
    CHECK(test::read_text(place / "model.onnx") == test::read_text(place / "model--fold.onnx"));
    refused({"export", "--checkpoint", "small.safetensors", "--output", "other.onnx", "--model", "resnet20"},
            "[small.safetensors] holds weights of lenet5, expected resnet20\n");
    refused({"quantize", "--checkpoint", "small.safetensors", "--data", place.set, "--output",
             "smaller.safetensors"},
            only);
    refused(
        {"train", "--data", place.set, "--model", "lenet5", "--init", "small.safetensors", "--steps", "1"},
        only);
    refused(
        {"train", "--data", place.set, "--model", "lenet5", "--teacher", "small.safetensors", "--steps", "1"},
        only);
    refused({"average", "small.safetensors", "small.safetensors", "--data", place.set, "--output",
             "mean.safetensors"},
            "[small.safetensors] is a model in 8 bits; weights that are averaged are float32\n");
    refused({"evaluate", "--checkpoint", "small.safetensors", "--data", place.set, "--precision", "bfloat16"},
            "[small.safetensors] is a model in 8 bits, which runs on cpu and takes float32, got cpu and "
            "bfloat16\n");
}

TEST_CASE("a model trained for 8 bits is an ordinary file in 8 bits, the same for any number of threads") {
    const TrainedPlace place;
    const auto made = [&](const char* threads, const std::string& file, std::vector<std::string> more) {
        ::setenv("TERN_THREADS", threads, 1);
        std::vector<std::string> arguments{"--checkpoint", place.weights, "--data",
                                           place.set,      "--output",    file};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const test::Finished done = place.made(arguments);
        ::unsetenv("TERN_THREADS");
        CHECK(done.err.empty());
        CHECK(done.status == 0);
        return done.out;
    };
    const std::vector<std::string> training{"--steps", "7", "--batch-size", "6", "--lr", "1e-3"};
    const std::string plain = made("1", "plain.safetensors", {}),
                      said = made("1", "one.safetensors", training);
    CHECK_THAT(said, Catch::StartsWith("7 steps of training: mean divergence from float32 0.") &&
                         Catch::EndsWith(plain.substr(0, plain.find(':')) + ": one.safetensors\n"));
    made("2", "two.safetensors", training);
    const auto bytes = [&](const char* file) { return test::read_text(place / file); };
    CHECK(bytes("one.safetensors") == bytes("two.safetensors"));
    CHECK(bytes("one.safetensors") != bytes("plain.safetensors"));
    CHECK(bytes("one.safetensors").size() == bytes("plain.safetensors").size());
    CHECK(run_tern(place, {"evaluate", "--checkpoint", "one.safetensors", "--data", place.set}).status == 0);
}

TEST_CASE("quantize without what it needs, or with what it does not know") {
    const TrainedPlace place;
    const std::string& set = place.set;
    place.check_refusal(2, {"--data", set, "--output", "small.safetensors"},
                        complaint("--checkpoint") + "must name a weight file");
    place.check_refusal(2, {"--checkpoint", place.weights, "--data", set},
                        complaint("--output") + "must name the safetensors file to write");
    place.check_refusal(
        2,
        {"--checkpoint", place.weights, "--data", set, "--output", "small.safetensors", "--method", "mean"},
        complaint("--method") + "must be one of min-max, percentile, mean-squared-error, got mean");
    place.check_refusal(
        2, {"--checkpoint", place.weights, "--data", set, "--output", "small.safetensors", "--images", "0"},
        complaint("--images") + "must be a whole number of at least 1, got 0");
    const auto with = [&](const std::string& flag, const std::string& value) {
        return std::vector<std::string>{"--checkpoint", place.weights,       "--data", set,
                                        "--output",     "small.safetensors", flag,     value};
    };
    place.check_refusal(2, with("--steps", "-1"),
                        complaint("--steps") + "must be a whole number of at least 0, got -1");
    place.check_refusal(2, with("--lr", "1e-3"), complaint("--lr") + "needs --steps");
    place.check_refusal(2, with("--batch-size", "8"), complaint("--batch-size") + "needs --steps");
    std::vector<std::string> trained = with("--steps", "1");
    trained.insert(trained.end(), {"--lr", "0"});
    place.check_refusal(2, trained, complaint("--lr") + "must be a number above 0, got 0");
    place.check_refusal(2, {"--checkpoint", place.weights, "--data", set, "--output", place.weights},
                        complaint("--output") +
                            "would replace run/last.safetensors, which is read, got run/last.safetensors");
    CHECK(place.made({"--checkpoint", place.weights, "--data", "none", "--output", "small.safetensors"})
              .status == 1);
    CHECK(place.made({"--checkpoint", place.weights, "--data", set, "--output", "none/small.safetensors"})
              .status == 1);
    CHECK_FALSE(std::filesystem::exists(place / "small.safetensors"));
}
