// `tern predict` on files of all kinds.
#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "tern/core/files/safetensors.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_images.hpp"

using namespace tern;
using nlohmann::json;
using test::complaint;
using test::run_tern;

namespace {

// A trained network, images of three formats, and one that is none.
struct Gallery : test::FolderWithSet {
    Gallery() {
        const test::Finished done =
            run_tern(*this, {"train", "--data", set, "--steps", "1", "--batch-size", "4", "--run", "run"});
        REQUIRE(done.status == 0);
        test::write_text(*this / "a.png", test::make_png(40, 50, test::noise(40, 50)));
        test::write_text(*this / "b.jpg", test::make_jpeg(32, 32, test::filled(32, 32, {9, 200, 9})));
        test::write_text(*this / "c\nd.ppm", test::make_ppm(32, 32, test::noise(32, 32)));
        test::write_text(*this / "cut.png", test::make_png(9, 9, test::noise(9, 9)).substr(0, 60));
    }
    test::Finished predict(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"predict", "--checkpoint", "run/last.safetensors"});
        return run_tern(*this, arguments);
    }
};

}  // namespace

TEST_CASE("a row for each of the most likely classes of each image") {
    const Gallery place;
    const test::Finished done = place.predict({"a.png", "b.jpg", "c\nd.ppm", "--top-k", "2"});
    CHECK(done.status == 0);
    CHECK(done.err.empty());
    CHECK(std::ranges::count(done.out, '\n') == 1 + 3 * 2);
    CHECK_THAT(done.out, Catch::StartsWith("image    class            probability\na.png    class "));
    CHECK_THAT(done.out, Catch::Contains("\nb.jpg    class ") && Catch::Contains("\nc?d.ppm  class ") &&
                             Catch::Contains("\n         class "));
}

TEST_CASE("--json has the same for programs, and batches make no difference") {
    const Gallery place;
    const std::vector<std::string> flags{"a.png", "b.jpg", "c\nd.ppm", "--json", "--top-k", "99"};
    const test::Finished done = place.predict(flags);
    REQUIRE(done.status == 0);
    const json all = json::parse(done.out);
    CHECK(all["model"] == "mini_xception");
    CHECK(all["failures"].empty());
    REQUIRE(all["images"].size() == 3);
    CHECK(all["images"][0]["file"] == "a.png");
    for (const json& image : all["images"]) {
        REQUIRE(image["classes"].size() == 10);
        double sum = 0;
        for (const json& own : image["classes"]) {
            CHECK(own["class"] == to_text("class ", own["label"].get<int>()));
            CHECK(own["probability"] <= image["classes"][0]["probability"]);
            sum += own["probability"].get<double>();
        }
        CHECK(std::fabs(sum - 1) <= 1e-6);
    }
    std::vector<std::string> single = flags;
    single.insert(single.end(), {"--batch-size", "1"});
    CHECK(place.predict(single).out == done.out);
}

TEST_CASE("an image of the set gets what evaluation says of it") {
    const Gallery place;
    REQUIRE(run_tern(place, {"evaluate", "--checkpoint", "run/last.safetensors", "--data", place.set,
                             "--logits", "logits.safetensors"})
                .status == 0);
    const Tensor logits = read_safetensors(place / "logits.safetensors").tensors[1].tensor;
    const Dataset tests = read_cifar10(place.set, Split::test);
    test::Samples samples;
    for (std::int64_t i = 0; i < 3072; ++i) samples.push_back(tests.samples.data<std::uint8_t>()[i]);
    test::write_text(place / "first.png", test::make_png(32, 32, samples));
    const json all = json::parse(place.predict({"first.png", "--json", "--top-k", "10"}).out);
    double sum = 0;
    for (int k = 0; k < 10; ++k) sum += std::exp(static_cast<double>(logits.data<float>()[k]));
    for (const json& own : all["images"][0]["classes"]) {
        const double logit = logits.data<float>()[own["label"].get<int>()];
        CHECK(std::fabs(own["probability"].get<double>() - std::exp(logit) / sum) <= 1e-5);
    }
}

TEST_CASE("images that cannot be read are named and counted, exit status 1") {
    const Gallery place;
    const std::string cut = complaint("cut.png") + "is not a complete PNG image: the file ends too early\n";
    const test::Finished mixed = place.predict({"cut.png", "a.png", "none.png", "--top-k", "1"});
    CHECK(mixed.status == 1);
    CHECK(mixed.err == cut + complaint("none.png") + "no such file\ntern: failures: 2, images: 1\n");
    CHECK(std::ranges::count(mixed.out, '\n') == 2);
    const test::Finished none = place.predict({"cut.png"});
    CHECK(none.status == 1);
    CHECK(none.out.empty());
    CHECK(none.err == cut);
    const json all = json::parse(place.predict({"cut.png", "--json"}).out);
    CHECK(all["images"].empty());
    CHECK(all["failures"][0] == "[cut.png] is not a complete PNG image: the file ends too early");
}

TEST_CASE("a foreign weight file needs its model, and then names classes by number") {
    const Gallery place;
    Safetensors content = read_safetensors(place / "run" / "last.safetensors");
    content.metadata.clear();
    write_safetensors(place / "foreign.safetensors", content);
    std::vector<std::string> flags{"predict", "--checkpoint", "foreign.safetensors", "a.png"};
    const test::Finished refused = run_tern(place, flags);
    CHECK(refused.status == 2);
    CHECK(refused.err == "tern: [--model] must name the model, because foreign.safetensors does not\n");
    flags.insert(flags.end(), {"--model", "mini_xception", "--normalize", "unit"});
    const test::Finished done = run_tern(place, flags);
    CHECK(done.status == 0);
    CHECK(done.out == place.predict({"a.png"}).out);
    const test::Finished other = run_tern(place, {"predict", "--checkpoint", "run/last.safetensors", "a.png",
                                                  "--model", "mini_xception_dense"});
    CHECK(other.status == 1);
    CHECK(other.err == complaint("run/last.safetensors") +
                           "holds weights of mini_xception, expected mini_xception_dense\n");
}

TEST_CASE("folders give their images, and what is none is counted") {
    const Gallery place;
    std::filesystem::create_directories(place / "photos" / "dog");
    test::write_text(place / "photos" / "z.jpg", test::read_text(place / "a.png"));
    test::write_text(place / "photos" / "dog" / "b.jpg", test::read_text(place / "b.jpg"));
    test::write_text(place / "photos" / "notes.txt", "no image");
    const test::Finished done = place.predict({"photos", "a.png", "--top-k", "1"});
    CHECK(done.status == 0);
    CHECK(done.err == "tern: files that are not images, skipped: 1\n");
    CHECK(std::ranges::count(done.out, '\n') == 4);
    CHECK_THAT(done.out, Catch::Contains("\nphotos/dog/b.jpg  class "));
    CHECK(done.out.find("photos/dog/b.jpg") < done.out.find("photos/z.jpg"));
    CHECK(done.out.find("photos/z.jpg") < done.out.find("\na.png"));
    std::filesystem::create_directories(place / "empty");
    const test::Finished none = place.predict({"empty"});
    CHECK(none.status == 1);
    CHECK(none.err == complaint("empty") + "is a folder without images\n");
    const test::Finished mixed = place.predict({"empty", "a.png", "--top-k", "1"});
    CHECK(mixed.status == 1);
    CHECK(mixed.out == place.predict({"a.png", "--top-k", "1"}).out);
    CHECK(mixed.err == none.err);
}

TEST_CASE("a list names images, a line each") {
    const Gallery place;
    test::write_text(place / "list.txt",
                     "\xEF\xBB\xBF"
                     "b.jpg\r\n\r\na.png");
    const test::Finished done = place.predict({"--list", "list.txt", "--batch-size", "1"});
    CHECK(done.status == 0);
    CHECK(done.out == place.predict({"b.jpg", "a.png"}).out);
    const test::Finished image = place.predict({"--list", "a.png"});
    CHECK(image.status == 1);
    CHECK(image.err == complaint("a.png") + "is a PNG image, expected a list of names, one in a line\n");
    test::write_text(place / "blank.txt", "\n\n");
    CHECK(place.predict({"--list", "blank.txt"}).err == complaint("blank.txt") + "is a list without names\n");
    CHECK(place.predict({"--list", "none.txt"}).err ==
          complaint("none.txt") + "cannot be opened: No such file or directory\n");
}

TEST_CASE("standard input is an image or a list, once") {
    const Gallery place;
    const auto through_shell = [&](const std::string& command) {
        const std::string line = "cd '" + place.path().string() + "' && " + command + " > out.txt 2> err.txt";
        const int status = std::system(line.c_str());
        return std::pair(status, test::read_text(place / "out.txt"));
    };
    const std::string tern = std::string(TERN_PROGRAM) + " predict --checkpoint run/last.safetensors --json ";
    const auto [status, out] = through_shell("cat a.png | " + tern + "-");
    CHECK(status == 0);
    json piped = json::parse(out), named = json::parse(place.predict({"a.png", "--json"}).out);
    CHECK(piped["images"][0]["file"] == "-");
    CHECK(piped["images"][0]["classes"] == named["images"][0]["classes"]);
    CHECK(through_shell("cat a.png | " + tern + "/dev/stdin").first == 0);
    const auto [listed, rows] = through_shell("printf 'b.jpg\\na.png\\n' | " + tern + "--list -");
    CHECK(listed == 0);
    CHECK(rows == place.predict({"b.jpg", "a.png", "--json"}).out);
    const test::Finished twice = place.predict({"-", "--list", "-"});
    CHECK(twice.status == 2);
    CHECK(twice.err == "tern: [-] stands for standard input, which can be read once\n");
}
