// Files and machines that are not what they should be: exit status 1 and one line.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "tern/core/files/safetensors.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using test::complaint;
using test::run_tern;

namespace {

void check_failure(const test::TemporaryFolder& place, const std::vector<std::string>& arguments,
                   const std::string& line) {
    const test::Finished done = run_tern(place, arguments);
    CHECK(done.status == 1);
    CHECK(done.err == line + "\n");
    CHECK(done.out.empty());
    CHECK_FALSE(std::filesystem::exists(place / "runs"));
}

// Weights of mini_xception, trained for one step.
struct WeightsPlace : test::FolderWithSet {
    WeightsPlace() {
        const test::Finished done =
            run_tern(*this, {"train", "--data", set, "--steps", "1", "--batch-size", "2", "--run", "run"});
        REQUIRE(done.err.empty());
        REQUIRE(done.status == 0);
    }
    // Starting from `text` as a weight file, both ways to name it.
    void check(const std::string& text, const std::string& message) const {
        const std::string path = (*this / "bad.safetensors").string();
        test::write_text(path, text);
        check_failure(*this, {"train", "--data", set, "--init", path}, complaint(path) + message);
        check_failure(*this, {"evaluate", "--data", set, "--checkpoint", path, "--model", "mini_xception"},
                      complaint(path) + message);
    }
    // The same file with its tensors changed.
    void check_changed(const std::function<void(std::map<std::string, Tensor>&)>& change,
                       const std::string& message) const {
        Safetensors content = read_safetensors(weights);
        std::map<std::string, Tensor> tensors;
        for (const auto& [name, tensor] : content.tensors) tensors.emplace(name, tensor);
        change(tensors);
        content.tensors.clear();
        for (const auto& [name, tensor] : tensors) content.tensors.push_back({name, tensor});
        write_safetensors(*this / "changed.safetensors", content);
        check(test::read_text(*this / "changed.safetensors"), message);
    }

    std::string weights = (*this / "run" / "last.safetensors").string();
};

}  // namespace

TEST_CASE("a data folder that is none") {
    const test::FolderWithSet place;
    const std::string none = (place / "none").string();
    check_failure(place, {"train", "--data", none}, complaint(none) + "no such folder");
    std::filesystem::create_directory(none);
    const test::Finished done = run_tern(place, {"train", "--data", none});
    CHECK(done.status == 1);
    CHECK_THAT(done.err,
               Catch::StartsWith(complaint(none) + "holds no data set, nor does a folder in it (CIFAR-10's"));
}

TEST_CASE("a share to validate on that leaves a part empty, or without a class") {
    const test::TemporaryFolder place;
    REQUIRE(run_tern(place, {"data", "synthesize", "set", "--train-samples", "20", "--test-samples", "4",
                             "--classes", "4"})
                .status == 0);
    const auto check = [&](std::vector<std::string> more, const std::string& line) {
        more.insert(more.begin(), {"train", "--data", "set", "--run", "run", "--validation"});
        check_failure(place, more, complaint("set") + line);
        CHECK_FALSE(std::filesystem::exists(place / "run"));
    };
    check({"0.01"}, "a share of 0.01 held out leaves no sample to validate on, there are 20");
    check({"0.99"}, "a share of 0.99 held out leaves no sample to train on, there are 20");
    check({"0.05"}, "a share of 0.05 held out leaves class class 1 no sample to validate on, it has 5");
    check({"0.95", "--stratify"}, "a share of 0.95 held out leaves no sample to train on, there are 20");
}

TEST_CASE("a batch of a wrong size, a wrong label, missing batches") {
    const test::FolderWithSet place;
    const std::string path = place.set + "/data_batch_2.bin", whole = test::read_text(path);
    const auto check = [&](const std::string& text, const std::string& message) {
        test::write_text(path, text);
        check_failure(place, {"train", "--data", place.set}, complaint(path) + message);
    };
    check("", "is empty, expected samples of 3073 bytes");
    check(whole.substr(1),
          "has 24583 bytes = 7 x 3073 + 3072, expected a multiple of the 3073 bytes of a sample");
    check(whole + "x", "has 24585 bytes = 8 x 3073 + 1, expected a multiple of the 3073 bytes of a sample");
    std::string labels = whole;
    labels[5 * 3073] = 10;
    check(labels, "sample 5 has label 10, expected 0 to 9");
    labels[3 * 3073] = static_cast<char>(255);
    check(labels, "sample 3 has label 255, expected 0 to 9");
    check(whole.substr(3073), "has 7 samples, expected 8 as in data_batch_1.bin");
    std::filesystem::remove(path);
    check_failure(place, {"train", "--data", place.set},
                  complaint(place.set) + "is not the complete set, missing: data_batch_2.bin");
    std::filesystem::remove(place.set + "/test_batch.bin");
    const WeightsPlace trained;
    check_failure(place, {"evaluate", "--data", place.set, "--checkpoint", trained.weights},
                  complaint(place.set) + "is not the complete set, missing: test_batch.bin");
    const std::string none = (place / "none").string();
    check_failure(place, {"evaluate", "--data", none, "--checkpoint", trained.weights},
                  complaint(none) + "no such folder");
}

TEST_CASE("a weight file that is none") {
    const WeightsPlace place;
    place.check("hello", "is a text, expected a safetensors file");
    place.check("PK\3\4" + std::string(22, '\0') + '\x10' + std::string(3, '\0') + "archive/data.pkl",
                "is a PyTorch file, expected a safetensors file; docs/interop.md says how to convert it");
    const std::string whole = test::read_text(place.weights);
    place.check(std::string("\xFF\xFF\xFF\xFF\0\0\0\0", 8) + whole.substr(8),
                to_text("is not a complete safetensors file: its header would take 4294967295 bytes, but ",
                        whole.size() - 8, " follow"));
    const std::string none = (place / "none").string();
    check_failure(place, {"train", "--data", place.set, "--init", none}, complaint(none) + "no such file");
    check_failure(place, {"evaluate", "--data", place.set, "--checkpoint", none},
                  complaint(none) + "no such file");
    for (const std::string folder : {"run", "run/checkpoints/step-1"}) {
        const std::string line = complaint(folder) +
                                 "is a folder, expected a safetensors file; name the file in it: " + folder +
                                 (folder == "run" ? "/last" : "/weights") + ".safetensors";
        check_failure(place, {"train", "--data", place.set, "--init", folder}, line);
        check_failure(place, {"evaluate", "--data", place.set, "--checkpoint", folder}, line);
    }
    const std::string state = "run/checkpoints/step-1/state.safetensors";
    check_failure(place, {"evaluate", "--data", place.set, "--checkpoint", state},
                  complaint(state) +
                      "is the training state of a checkpoint; its weights are in "
                      "weights.safetensors beside it");
}

TEST_CASE("a weight file of other weights") {
    const WeightsPlace place;
    place.check_changed([](auto& tensors) { tensors.erase("head.fc1.bias"); },
                        "the names do not fit the model: missing head.fc1.bias");
    place.check_changed([](auto& tensors) { tensors.at("head.fc2.bias") = Tensor::zeros({11}); },
                        "head.fc2.bias is float32 (11), expected float32 (10)");
    place.check_changed(
        [](auto& tensors) { tensors.at("head.fc2.bias") = Tensor::zeros({10}, DType::int64); },
        "head.fc2.bias is int64 (10), expected float32 (10)");
    check_failure(place,
                  {"train", "--data", place.set, "--model", "mini_xception_dense", "--init", place.weights},
                  complaint(place.weights) + "holds weights of mini_xception, expected mini_xception_dense");
    check_failure(
        place,
        {"evaluate", "--data", "synthetic", "--model", "mini_xception_dense", "--checkpoint", place.weights},
        complaint(place.weights) + "holds weights of mini_xception, expected mini_xception_dense");
}

TEST_CASE("another model's weights that do not say whose they are") {
    const WeightsPlace place;
    Safetensors content = read_safetensors(place.weights);
    content.metadata.clear();
    const std::string foreign = (place / "foreign.safetensors").string();
    write_safetensors(foreign, content);
    const std::string line =
        complaint(foreign) +
        "the names do not fit the model: missing conv1.weight, conv1.bias, bn1.weight, bn1.bias, "
        "bn1.running_mean, bn1.running_var and 52 more; unexpected entry.bn1.bias, "
        "entry.bn1.num_batches_tracked, entry.bn1.running_mean, entry.bn1.running_var, entry.bn1.weight, "
        "entry.bn2.bias and 92 more";
    const std::vector<std::string> other{"--data", place.set, "--model", "mini_xception_dense"};
    for (std::vector<std::string> arguments :
         {std::vector<std::string>{"train", "--init", foreign},
          std::vector<std::string>{"evaluate", "--checkpoint", foreign}}) {
        arguments.insert(arguments.end(), other.begin(), other.end());
        check_failure(place, arguments, line);
    }
}

TEST_CASE("a teacher that cannot teach this run") {
    const WeightsPlace place;
    const auto check = [&](const std::string& data, std::vector<std::string> more, const std::string& line) {
        more.insert(more.begin(),
                    {"train", "--data", data, "--model", "mlp", "--run", "taught", "--teacher"});
        check_failure(place, more, line);
        CHECK_FALSE(std::filesystem::exists(place / "taught"));
    };
    check(place.set, {"none.safetensors"}, complaint("none.safetensors") + "no such file");
    check(place.set, {place.weights, "--normalize", "half"},
          complaint(place.weights) +
              "knows pixels normalized by unit, the run normalizes them by half; --normalize unit makes them "
              "equal");
    Safetensors content = read_safetensors(place.weights);
    content.metadata["image"] = "[16,16,3]";
    write_safetensors(place / "small.safetensors", content);
    check(place.set, {"small.safetensors"},
          complaint("small.safetensors") +
              to_text("was trained on images (16,16,3), a teacher sees those of ", place.set, ", (32,32,3)"));
    content.metadata.clear();
    write_safetensors(place / "foreign.safetensors", content);
    check(place.set, {"foreign.safetensors"},
          complaint("foreign.safetensors") + "does not say its model; a teacher is a weight file of tern");
    REQUIRE(run_tern(place, {"train", "--data", place.set, "--model", "mlp", "--steps", "1", "--run", "mlp"})
                .status == 0);
    check_failure(
        place, {"train", "--data", place.set, "--early-size", "24,1", "--teacher", "mlp/last.safetensors"},
        complaint("--early-size") +
            "mlp takes no images of 24 pixels: [linear] weight has 3072 input features, expected 1728 "
            "(input (1,1728), weight (512,3072))");
    REQUIRE(run_tern(place, {"data", "synthesize", "three", "--train-samples", "9", "--test-samples", "3",
                             "--classes", "3"})
                .status == 0);
    check("three", {place.weights}, complaint(place.weights) + "was trained for 10 classes, three has 3");
    test::write_text(
        place.set + "/batches.meta.txt",
        "class 0\nclass 2\nclass 1\nclass 3\nclass 4\nclass 5\nclass 6\nclass 7\nclass 8\nclass 9\n");
    check(place.set, {place.weights},
          complaint(place.weights) +
              to_text("was trained with \"class 1\" as class 1, in ", place.set, " it is \"class 2\""));
}

TEST_CASE("overlapping tensors in a weight file") {
    const WeightsPlace place;
    const auto entry = [](const char* name, int begin, int end) {
        return to_text('"', name, R"(":{"dtype":"F32","shape":[2],"data_offsets":[)", begin, ',', end, "]}");
    };
    const std::string header = to_text("{", entry("a", 0, 8), ",", entry("b", 4, 12), "}");
    std::string text(8, '\0');
    text[0] = static_cast<char>(header.size());
    place.check(text + header + std::string(12, '\0'),
                "tensor b overlaps a: it begins at byte 4 of the data, a ends at 8");
}

TEST_CASE("weights of other classes than the data's") {
    const WeightsPlace place;
    test::write_text(place.set + "/batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
    check_failure(place, {"evaluate", "--data", place.set, "--checkpoint", place.weights},
                  complaint(place.weights) + "was trained with \"class 0\" as class 0, in " + place.set +
                      " it is \"a\"");
}

TEST_CASE("a device that does not exist") {
    ::setenv("CUDA_VISIBLE_DEVICES", "", 1);  // a machine with a GPU shows none then
    const test::FolderWithSet place;
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"train", "--data", place.set, "--device", "cuda"},
          std::vector<std::string>{"evaluate", "--data", place.set, "--checkpoint", "x", "--device",
                                   "cuda:0"}}) {
        const test::Finished done = run_tern(place, command);
        CHECK(done.status == 1);
        CHECK(done.out.empty());
        CHECK_THAT(done.err, Catch::StartsWith("tern: [--device] cuda:0 cannot be used: "));
        CHECK(std::ranges::count(done.err, '\n') == 1);
    }
    ::unsetenv("CUDA_VISIBLE_DEVICES");
}

TEST_CASE("a run folder that is taken") {
    const WeightsPlace place;
    check_failure(
        place, {"train", "--data", place.set, "--run", "run"},
        complaint("run") + "holds a run already (config.toml); name another folder, or resume that run");
}

TEST_CASE("output that cannot be written is told") {
    const test::TemporaryFolder place;
    for (const char* command : {" info", " train --data synthetic --steps 1 --dry-run"}) {
        const std::string errors = (place / "errors").string();
        const int status = std::system(to_text(TERN_PROGRAM, command, " >/dev/full 2>", errors).c_str());
        CHECK(WEXITSTATUS(status) == 1);
        CHECK(test::read_text(errors) == "tern: [standard output] cannot be written\n");
    }
}

TEST_CASE("names in files do not move the cursor") {
    const test::FolderWithSet place;
    const std::string odd = (place / "a\033[2Jb\nc").string();
    check_failure(place, {"train", "--data", odd},
                  complaint((place / "a?[2Jb?c").string()) + "no such folder");
}
