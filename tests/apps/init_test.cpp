// Weights to start from that were trained on other classes.
#include <cmath>
#include <map>

#include "tern/core/files/safetensors.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using test::run_tern;

namespace {

// One step with a learning rate that no weight notices, from `more`.
test::Finished one_step(const test::FolderWithSet& place, const std::string& run,
                        const std::vector<std::string>& more) {
    std::vector<std::string> flags{"train", "--data", place.set, "--steps", "1", "--batch-size",
                                   "2",     "--lr",   "1e-30",   "--run",   run};
    flags.insert(flags.end(), more.begin(), more.end());
    test::Finished done = run_tern(place, flags);
    INFO(done.err);
    REQUIRE(done.status == 0);
    return done;
}

std::map<std::string, std::vector<float>> weights_of(const std::filesystem::path& run) {
    std::map<std::string, std::vector<float>> result;
    for (const auto& [name, tensor] : read_safetensors(run / "last.safetensors").tensors) {
        if (tensor.dtype() != DType::float32 || name.find("running") != std::string::npos) continue;
        std::vector<float>& values = result[name];
        // What the step added: the learning rate, where a bias was 0.
        for (const float value : tensor.elements<float>())
            values.push_back(std::abs(value) < 1e-20f ? 0 : value);
    }
    return result;
}

void name_classes(const test::FolderWithSet& place, const std::string& names) {
    test::write_text(place.set + "/batches.meta.txt", names);
}

const std::string kTen = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n", kEleven = kTen + "k\n";

}  // namespace

TEST_CASE("with another number of classes the head is new, and that is told") {
    const test::FolderWithSet place;
    name_classes(place, kTen);
    one_step(place, "ten", {"--seed", "1"});
    name_classes(place, kEleven);
    one_step(place, "fresh", {"--seed", "2"});
    const std::vector<std::string> init{"--seed", "2", "--init", "ten/last.safetensors"};
    const std::string told =
        "ten/last.safetensors has 10 classes, the data 11: head.fc2 starts anew, drawn from the seed; all "
        "else is from the file\n";
    CHECK_THAT(one_step(place, "other", init).out, Catch::Contains(told));
    const auto ten = weights_of(place / "ten"), fresh = weights_of(place / "fresh"),
               other = weights_of(place / "other");
    REQUIRE(other.size() == ten.size());
    for (const auto& [name, values] : other) {
        INFO(name);
        const bool head = name.starts_with("head.fc2.");
        CHECK(values == (head ? fresh : ten).at(name));
        CHECK((values != (head ? ten : fresh).at(name) || name.find("weight") == std::string::npos ||
               name.find("bn") != std::string::npos));
    }
    std::vector<std::string> dry = init;
    dry.emplace_back("--dry-run");
    CHECK_THAT(one_step(place, "dry", dry).out, Catch::Contains(told));
    CHECK_FALSE(std::filesystem::exists(place / "dry"));
    // The run continues with its own head.
    const test::Finished longer = run_tern(place, {"train", "--resume", "--run", "other", "--steps", "2"});
    CHECK(longer.status == 0);
    CHECK_THAT(longer.out, !Catch::Contains("anew"));
}

TEST_CASE("more than the head that does not fit stays an error") {
    const test::FolderWithSet place;
    one_step(place, "run", {});
    name_classes(place, kEleven);
    Safetensors content = read_safetensors(place / "run" / "last.safetensors");
    for (auto& [name, tensor] : content.tensors) {
        if (name == "head.fc1.bias") tensor = Tensor::zeros({65});
    }
    write_safetensors(place / "changed.safetensors", content);
    const test::Finished done =
        run_tern(place, {"train", "--data", place.set, "--init", "changed.safetensors"});
    CHECK(done.status == 1);
    CHECK(done.err == "tern: [changed.safetensors] head.fc1.bias is float32 (65), expected float32 (64)\n");
}

TEST_CASE("as many classes of other names are told") {
    const test::FolderWithSet place;
    one_step(place, "run", {});
    CHECK_THAT(one_step(place, "same", {"--init", "run/last.safetensors"}).out,
               !Catch::Contains("last.safetensors has"));
    name_classes(place, kTen);
    CHECK_THAT(
        one_step(place, "other", {"--init", "run/last.safetensors"}).out,
        Catch::Contains("run/last.safetensors has other names for its 10 classes than the data; all of "
                        "it is taken as it is\n"));
    CHECK(weights_of(place / "other") == weights_of(place / "run"));
}
