// `tern train` and `tern evaluate` from end to end on small sets.
#include <algorithm>
#include <cmath>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tern/core/files/safetensors.hpp"
#include "tern/data/hold_out.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using nlohmann::json;
using test::run_tern;

namespace {

std::vector<json> read_lines(const std::filesystem::path& path) {
    std::vector<json> lines;
    std::istringstream text(test::read_text(path));
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    return lines;
}

bool has_control_characters(const std::string& text) {
    return std::ranges::any_of(text, [](char c) { return (c < 0x20 && c != '\n') || c == 0x7F; });
}

test::Finished train(const test::FolderWithSet& place, const std::string& run,
                     std::vector<std::string> more) {
    std::vector<std::string> arguments{"train", "--data", place.set, "--batch-size", "8", "--run", run};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const test::Finished done = run_tern(place, arguments);
    INFO(done.err);
    REQUIRE(done.status == 0);
    return done;
}

}  // namespace

TEST_CASE("a run leaves its settings, metrics and weights") {
    const test::FolderWithSet place;
    const test::Finished done = train(place, "run", {"--epochs", "2", "--lr", "0.002", "--threads", "2"});
    CHECK(done.err.empty());
    CHECK_FALSE(has_control_characters(done.out));
    CHECK_THAT(done.out, Catch::Contains("mini_xception, 94,474 parameters, on cpu (2 threads), float32"));
    CHECK_THAT(done.out, Catch::Contains("peak memory of tensors on cpu: "));

    const std::vector<json> log_lines = read_lines(place / "run" / "metrics.jsonl");
    REQUIRE(log_lines.size() == 2);
    for (const char* key : {"epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds",
                            "images_per_second", "learning_rate"}) {
        INFO(key);
        CHECK(log_lines[1].at(key).is_number());
    }
    CHECK(log_lines[1]["epoch"] == 2);
    CHECK(log_lines[1]["learning_rate"] == 0.002);
    const std::string config = test::read_text(place / "run" / "config.toml");
    for (const char* line : {"model = 'mini_xception'\n", "lr = 0.002\n", "epochs = 2\n", "batch_size = 8\n",
                             "normalize = 'unit'\n", "epsilon = 1e-07\n", "threads = 2\n", "shuffle = 'on'\n",
                             "betas = [0.9, 0.999]\n"}) {
        INFO(line);
        CHECK_THAT(config, Catch::Contains(line));
    }
    CHECK_FALSE(std::filesystem::exists(place / "run" / "steps.jsonl"));
    const Safetensors weights = read_safetensors(place / "run" / "last.safetensors");
    CHECK(weights.metadata.at("model") == "mini_xception");
    const auto batches =
        std::ranges::find(weights.tensors, "entry.bn1.num_batches_tracked", &NamedTensor::name);
    REQUIRE(batches != weights.tensors.end());
    CHECK(batches->tensor.item() == 10);  // 2 epochs of 40 / 8
}

TEST_CASE("equal seeds give equal files, for any number of threads") {
    const test::FolderWithSet place;
    std::vector<std::string> weights, steps;
    for (const char* threads : {"1", "2", "4", "2"}) {
        const std::string run = to_text("run", weights.size());
        train(place, run, {"--steps", "4", "--seed", "5", "--threads", threads, "--log-steps"});
        weights.push_back(test::read_text(place / run / "last.safetensors"));
        steps.push_back(test::read_text(place / run / "steps.jsonl"));
    }
    for (std::size_t i = 1; i < weights.size(); ++i) {
        CHECK(weights[i] == weights[0]);
        CHECK(steps[i] == steps[0]);
    }
    train(place, "other", {"--steps", "4", "--seed", "6", "--log-steps"});
    CHECK(test::read_text(place / "other" / "steps.jsonl") != steps[0]);
    train(place, "augmented", {"--steps", "4", "--seed", "5", "--augment", "crop-flip", "--log-steps"});
    CHECK(test::read_text(place / "augmented" / "steps.jsonl") != steps[0]);
    CHECK_THAT(test::read_text(place / "augmented" / "config.toml"),
               Catch::Contains("augment = 'crop-flip'\n"));
}

TEST_CASE("a run on mixed images that are smaller at first says so, and continues") {
    const test::FolderWithSet place;
    const std::vector<std::string> flags{"--epochs", "2",         "--early-size",
                                         "24,1",     "--augment", "mixup=0.50,hue=0.1,flip,crop=4:edge"};
    const auto file = [&](const char* run, const char* name) { return test::read_text(place / run / name); };
    train(place, "whole", flags);
    CHECK_THAT(file("whole", "config.toml"),
               Catch::Contains("augment = 'crop=4:edge,flip,hue=0.1,mixup=0.5'\nearly_size = [24, 1]\n"));
    std::vector<std::string> first = flags;
    first[1] = "1";
    train(place, "again", first);
    const test::Finished second = run_tern(place, {"train", "--resume", "--run", "again", "--epochs", "2",
                                                   "--augment", "crop=4:edge,flip,hue=0.1,mixup=0.5"});
    INFO(second.err);
    REQUIRE(second.status == 0);
    CHECK(file("again", "last.safetensors") == file("whole", "last.safetensors"));
    const test::Finished other =
        run_tern(place, {"train", "--resume", "--run", "again", "--epochs", "2", "--augment", "flip"});
    CHECK(other.err == test::complaint("--augment") +
                           "the run in again has crop=4:edge,flip,hue=0.1,mixup=0.5, got flip\n");
}

TEST_CASE("a size that images or models do not have is refused before anything is trained") {
    const test::FolderWithSet place;
    const auto refused = [&](const char* model, const char* size) {
        const test::Finished done = run_tern(place, {"train", "--data", place.set, "--model", model,
                                                     "--epochs", "2", "--early-size", size, "--run", "none"});
        CHECK(done.status == 1);
        CHECK_FALSE(std::filesystem::exists(place / "none"));
        return done.err;
    };
    CHECK(refused("mini_xception", "32,1") ==
          test::complaint("--early-size") + "must be below the 32 pixels of the images, got 32\n");
    CHECK_THAT(refused("mlp", "24,1"),
               Catch::StartsWith(test::complaint("--early-size") + "mlp takes no images of 24 pixels: "));
}

TEST_CASE("steps without shuffling take the samples in file order") {
    const test::FolderWithSet place;
    const std::vector<std::string> flags{"--steps",   "2",    "--shuffle",  "off",
                                         "--augment", "none", "--log-steps"};
    train(place, "whole", flags);
    const std::vector<json> whole = read_lines(place / "whole" / "steps.jsonl");
    REQUIRE(whole.size() == 2);
    CHECK(whole[1]["step"] == 2);
    CHECK(whole[1]["learning_rate"] == 0.001);
    CHECK(read_lines(place / "whole" / "metrics.jsonl").size() == 1);
    CHECK(read_lines(place / "whole" / "metrics.jsonl")[0]["test_loss"].is_null());
    // Only samples 0 to 15 matter: others can change, these cannot.
    const auto change = [&](const char* file) {
        std::string text = test::read_text(place.set + "/" + file);
        text[5] = static_cast<char>(text[5] ^ 0x7F);
        test::write_text(place.set + "/" + file, text);
    };
    change("data_batch_3.bin");
    train(place, "later", flags);
    CHECK(test::read_text(place / "later" / "steps.jsonl") ==
          test::read_text(place / "whole" / "steps.jsonl"));
    change("data_batch_2.bin");
    train(place, "second", flags);
    const std::vector<json> second = read_lines(place / "second" / "steps.jsonl");
    CHECK(second[0] == whole[0]);
    CHECK(second[1] != whole[1]);
}

TEST_CASE("running statistics follow the rule that was asked for, and training is the same") {
    const test::FolderWithSet place;
    const auto run = [&](const std::string& rule, std::vector<std::string> more) {
        more.insert(more.end(), {"--log-steps", "--running-statistics", rule});
        train(place, rule, more);
        CHECK_THAT(test::read_text(place / rule / "config.toml"),
                   Catch::Contains("running_statistics = '" + rule + "'\n"));
        for (const auto& [name, tensor] : read_safetensors(place / rule / "last.safetensors").tensors) {
            if (name == "entry.bn1.running_mean") return tensor;
        }
        FAIL("no running mean");
        return Tensor();
    };
    const std::vector<std::string> one{"--steps", "1"};
    const Tensor published = run("published", one), corrected = run("corrected", one),
                 precise = run("precise", one);
    double difference = 0;
    for (std::size_t c = 0; c < 32; ++c) {
        // The first batch's mean, and Keras' hundredth of it, each rounded once or twice.
        const float whole = corrected.elements<float>()[c];
        CHECK(std::fabs(published.elements<float>()[c] - 0.01F * whole) <= 0x1p-22F * std::fabs(whole));
        // That of the step before, of 8 samples.
        difference += std::fabs(precise.elements<float>()[c] - whole);
    }
    CHECK(difference > 0);
    const std::string steps = test::read_text(place / "published" / "steps.jsonl");
    CHECK(test::read_text(place / "corrected" / "steps.jsonl") == steps);
    CHECK(test::read_text(place / "precise" / "steps.jsonl") == steps);
    train(place, "plain", one);
    CHECK(test::read_text(place / "plain" / "last.safetensors") ==
          test::read_text(place / "precise" / "last.safetensors"));
}

TEST_CASE("a run in float16 leaves weights in float32 and its loss scale in the checkpoint") {
    const test::FolderWithSet place;
    train(place, "half", {"--steps", "2", "--precision", "float16"});
    const std::filesystem::path run = place / "half";
    for (const NamedTensor& named : read_safetensors(run / "last.safetensors").tensors) {
        INFO(named.name);
        CHECK((named.tensor.dtype() == DType::float32 || named.tensor.dtype() == DType::int64));
    }
    const NamedTensors state = read_safetensors(run / "checkpoints/step-2/state.safetensors").tensors;
    CHECK(std::ranges::any_of(state,
                              [](const NamedTensor& named) { return named.name == "loss_scale.scale"; }));
    const auto evaluated =
        run_tern(place, {"evaluate", "--checkpoint", (run / "last.safetensors").string(), "--data", place.set,
                         "--precision", "bfloat16", "--device", "cpu", "--batch-size", "8"});
    INFO(evaluated.err);
    CHECK(evaluated.status == 0);
}

TEST_CASE("float64 runs write 17 digits and agree with float32") {
    const test::FolderWithSet place;
    const std::vector<std::string> flags{"--steps", "2", "--log-steps"};
    train(place, "narrow", flags);
    std::vector<std::string> wide = flags;
    wide.insert(wide.end(), {"--precision", "float64", "--kernels", "ref"});
    train(place, "wide", wide);
    const double a = read_lines(place / "narrow" / "steps.jsonl")[1]["loss"],
                 b = read_lines(place / "wide" / "steps.jsonl")[1]["loss"];
    CHECK(a != b);
    CHECK(std::fabs(a - b) <= 1e-3);
    const std::string line = test::read_text(place / "wide" / "steps.jsonl");
    CHECK_THAT(line, Catch::Contains("\"learning_rate\":0.001}"));
    const std::string digits = line.substr(line.find("\"loss\":") + 7);
    CHECK(digits.find(',') >= 15);
    CHECK(
        std::ranges::any_of(read_safetensors(place / "wide" / "last.safetensors").tensors,
                            [](const NamedTensor& named) { return named.tensor.dtype() == DType::float64; }));
}

TEST_CASE("--json prints one object, everything else goes to standard error") {
    const test::FolderWithSet place;
    const test::Finished done = train(place, "run", {"--steps", "1", "--json"});
    const json metrics = json::parse(done.out);
    CHECK(metrics["images_per_second"] > 0);
    CHECK(metrics["run"] == "run");
    CHECK(std::ranges::count(done.out, '\n') == 1);
    CHECK_THAT(done.err, Catch::Contains("epoch  train loss"));
    CHECK_FALSE(has_control_characters(done.err));
}

TEST_CASE("a validated run reports what was held out, and the tests once") {
    const test::FolderWithSet place;
    const test::Finished done = train(
        place, "run", {"--model", "mlp", "--epochs", "2", "--validation", "0.5", "--stratify", "--json"});
    const std::vector<json> lines = read_lines(place / "run" / "metrics.jsonl");
    REQUIRE(lines.size() == 3);
    CHECK(lines[1].at("validation_accuracy").is_number());
    CHECK(lines[1].at("test_accuracy").is_null());
    CHECK_THAT(done.err, Catch::Contains(", 20 samples to train on in batches of 8, 20 held out\n") &&
                             Catch::Contains(" val loss    val acc ") &&
                             !Catch::Contains("chosen on the tests") &&
                             Catch::Contains(to_text("tests, looked at once, with the weights of epoch ",
                                                     lines[2].at("best_epoch").get<int>(), ": loss ")));
    const json last = json::parse(done.out);
    CHECK(last["epoch"] == 2);
    CHECK(last["validation_loss"] == lines[1]["validation_loss"]);
    CHECK(last["best_epoch"] == lines[2]["best_epoch"]);
    CHECK(last["test_loss"] == lines[2]["test_loss"]);
    CHECK_THAT(test::read_text(place / "run" / "config.toml"),
               Catch::Contains("validation = 0.5\nstratify = true\n"));
    // Without one the tests are what chooses, and that is told.
    CHECK_THAT(train(place, "plain", {"--model", "mlp", "--epochs", "1"}).out,
               Catch::Contains("best.safetensors was chosen on the tests, "));
    // A run of steps holds them out, and looks at nothing.
    const test::Finished steps =
        train(place, "steps", {"--model", "mlp", "--steps", "2", "--validation", "0.5", "--stratify"});
    CHECK_THAT(steps.out, Catch::Contains(", 20 held out\n") && !Catch::Contains("tests, looked at"));
    CHECK(read_lines(place / "steps" / "metrics.jsonl").size() == 1);
}

TEST_CASE("nothing of what is held out reaches training") {
    const test::FolderWithSet place;
    Dataset set = read_cifar10(place.set, Split::train);
    const HeldOut parts = hold_out(set, {.share = 0.5, .stratified = true, .seed = 3});
    const std::int64_t size = set.samples.numel() / set.size();
    for (const std::int32_t sample : parts.validation.elements<std::int32_t>())
        std::fill_n(set.samples.data<std::uint8_t>() + sample * size, size, std::uint8_t{255});
    write_cifar10(place / "other", set, read_cifar10(place.set, Split::test));
    const std::vector<std::string> flags{
        "--epochs",  "2",       "--seed",      "3",       "--validation", "0.5",     "--stratify",
        "--augment", "mixup=1", "--normalize", "dataset", "--log-steps",  "--model", "mini_xception"};
    train(place, "run", flags);
    std::vector<std::string> other{"train", "--data",   (place / "other").string(), "--batch-size", "8",
                                   "--run", "other-run"};
    other.insert(other.end(), flags.begin(), flags.end());
    REQUIRE(run_tern(place, other).status == 0);
    CHECK(test::read_text(place / "run" / "steps.jsonl") ==
          test::read_text(place / "other-run" / "steps.jsonl"));
    CHECK(read_safetensors(place / "run" / "last.safetensors").metadata ==
          read_safetensors(place / "other-run" / "last.safetensors").metadata);
    CHECK(read_lines(place / "run" / "metrics.jsonl")[0]["validation_loss"] !=
          read_lines(place / "other-run" / "metrics.jsonl")[0]["validation_loss"]);
}

TEST_CASE("a terminal gets a progress line, gone before the next log line") {
    const test::FolderWithSet place;
    const test::Finished done = test::run_tern_on_terminal(
        place, {"train", "--data", place.set, "--steps", "2", "--batch-size", "8", "--run", "run"});
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Catch::Contains("\r["));
    CHECK_THAT(done.out, Catch::Contains("step 1/2") && Catch::Contains(" img/s  loss ") &&
                             Catch::Contains(" acc ") && Catch::Contains(" left\033[K"));
    CHECK_THAT(done.out, Catch::Contains("\r\033[K    1 "));
}

TEST_CASE("a run without a folder makes one, a dry run makes none") {
    const test::FolderWithSet place;
    const std::vector<std::string> flags{"train", "--steps", "1", "--batch-size", "4"};
    std::vector<std::string> dry = flags;
    dry.emplace_back("--dry-run");
    const test::Finished planned = run_tern(place, dry, place.set);
    CHECK(planned.status == 0);
    CHECK_THAT(planned.out, Catch::Contains("batch_size = 4\n"));
    CHECK_FALSE(std::filesystem::exists(place / "runs"));
    const test::Finished done = run_tern(place, flags, place.set);
    CHECK(done.status == 0);
    CHECK(std::distance(std::filesystem::directory_iterator(place / "runs"), {}) == 1);
}

TEST_CASE("--init continues from saved weights") {
    const test::FolderWithSet place;
    train(place, "first", {"--steps", "3", "--log-steps"});
    train(place, "second", {"--steps", "1", "--log-steps", "--init", "first/last.safetensors"});
    CHECK(read_lines(place / "second" / "steps.jsonl")[0]["loss"] !=
          read_lines(place / "first" / "steps.jsonl")[0]["loss"]);
    train(place, "third",
          {"--steps", "1", "--log-steps", "--seed", "9", "--shuffle", "off", "--init",
           "first/last.safetensors"});
    train(place, "fourth",
          {"--steps", "1", "--log-steps", "--seed", "7", "--shuffle", "off", "--init",
           "first/last.safetensors"});
    CHECK(test::read_text(place / "third" / "last.safetensors") ==
          test::read_text(place / "fourth" / "last.safetensors"));
}

TEST_CASE("evaluation agrees with training's own and with its logits") {
    const test::FolderWithSet place;
    train(place, "run", {"--epochs", "1"});
    const std::vector<std::string> flags{"evaluate", "--data", place.set, "--checkpoint",
                                         "run/last.safetensors"};
    std::vector<std::string> machine = flags;
    machine.insert(machine.end(), {"--json", "--logits", "logits.safetensors"});
    const test::Finished done = run_tern(place, machine);
    REQUIRE(done.err.empty());
    REQUIRE(done.status == 0);
    const json got = json::parse(done.out), logged = read_lines(place / "run" / "metrics.jsonl")[0];
    CHECK(std::fabs(got["loss"].get<double>() - logged["test_loss"].get<double>()) <= 1e-6);
    CHECK(got["accuracy"] == logged["test_accuracy"]);
    CHECK(got["samples"] == 6);
    CHECK(got["classes"].size() == 10);
    CHECK(got["classes"][9]["absent"].get<bool>() == (got["classes"][9]["predicted"] == 0));
    CHECK(got["confusion"].size() == 10);
    CHECK(got["top_5_accuracy"] >= got["accuracy"]);
    std::int64_t binned = 0, correct_of_classes = 0;
    for (const json& bin : got["calibration"]["bins"]) binned += bin["samples"].get<std::int64_t>();
    CHECK(got["calibration"]["bins"].size() == 15);
    CHECK(binned == 6);
    CHECK(got["calibration"]["error"] > 0);
    for (const json& scores : got["classes"]) correct_of_classes += scores["correct"].get<std::int64_t>();

    const Safetensors logits = read_safetensors(place / "logits.safetensors");
    REQUIRE(logits.tensors.size() == 2);  // in the order of their names
    CHECK(logits.tensors[0].name == "labels");
    CHECK(logits.tensors[0].tensor.dtype() == DType::int64);
    const Tensor& scores = logits.tensors[1].tensor;
    REQUIRE(scores.shape() == Shape{6, 10});
    std::int64_t correct = 0;
    for (std::int64_t n = 0; n < 6; ++n) {
        const std::span<float> line = scores.elements<float>().subspan(static_cast<std::size_t>(n * 10), 10);
        correct +=
            std::ranges::max_element(line) - line.begin() == logits.tensors[0].tensor.data<std::int64_t>()[n];
    }
    CHECK(got["accuracy"].get<double>() == static_cast<double>(correct) / 6);
    CHECK(correct_of_classes == correct);

    const test::Finished table = run_tern(place, flags);
    CHECK(table.status == 0);
    CHECK_THAT(table.out, Catch::Contains("macro") && Catch::Contains(", top-5 accuracy ") &&
                              Catch::Contains(", calibration error "));
    // Among all classes is every label.
    machine.insert(machine.end(), {"--top-k", "10"});
    CHECK(json::parse(run_tern(place, machine).out)["top_10_accuracy"] == 1);
    CHECK_FALSE(has_control_characters(table.out));
}

TEST_CASE("a foreign weight file needs the model's name") {
    const test::FolderWithSet place;
    train(place, "run", {"--steps", "1"});
    Safetensors content = read_safetensors(place / "run" / "last.safetensors");
    content.metadata.clear();
    write_safetensors(place / "foreign.safetensors", content);
    std::vector<std::string> flags{"evaluate", "--data", place.set, "--checkpoint", "foreign.safetensors"};
    const test::Finished refused = run_tern(place, flags);
    CHECK(refused.status == 2);
    CHECK(refused.err == "tern: [--model] must name the model, because foreign.safetensors does not\n");
    flags.insert(flags.end(), {"--model", "mini_xception"});
    CHECK(run_tern(place, flags).status == 0);
}

TEST_CASE("summary and info tell what there is") {
    const test::TemporaryFolder folder;
    const test::Finished summary = run_tern(folder, {"summary"});
    CHECK(summary.status == 0);
    CHECK_THAT(summary.out, Catch::Contains("94,474 trainable, 96,202 with running statistics"));
    CHECK_THAT(summary.out, Catch::Contains("84,976,256 per image"));
    CHECK_FALSE(has_control_characters(summary.out));
    const test::Finished dense = run_tern(folder, {"summary", "--model", "mini_xception_dense"});
    CHECK_THAT(dense.out, Catch::Contains("391,050 trainable"));
    const test::Finished info = run_tern(folder, {"info"});
    CHECK(info.status == 0);
    for (const char* key : {"build", "CUDA", "devices", "auto is", "MPI", "NCCL", "SIMD", "threads"}) {
        CHECK_THAT(info.out, Catch::Contains(key));
    }
}
