// `tern predict` on files of all kinds.
#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_pictures.hpp"
#include "tern/training/safetensors.hpp"

using namespace tern;
using nlohmann::json;
using test::complaint;
using test::run_tern;

namespace {

// A trained network, pictures of three formats, and one that is none.
struct Gallery : test::Place {
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

TEST_CASE("a row for each of the likeliest classes of each picture") {
    const Gallery place;
    const test::Finished done = place.predict({"a.png", "b.jpg", "c\nd.ppm", "--top-k", "2"});
    CHECK(done.status == 0);
    CHECK(done.err.empty());
    CHECK(std::ranges::count(done.out, '\n') == 1 + 3 * 2);
    CHECK_THAT(done.out, Catch::StartsWith("picture  class            probability\na.png    class "));
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
    REQUIRE(all["pictures"].size() == 3);
    CHECK(all["pictures"][0]["file"] == "a.png");
    for (const json& picture : all["pictures"]) {
        REQUIRE(picture["classes"].size() == 10);
        double sum = 0;
        for (const json& own : picture["classes"]) {
            CHECK(own["class"] == to_text("class ", own["label"].get<int>()));
            CHECK(own["probability"] <= picture["classes"][0]["probability"]);
            sum += own["probability"].get<double>();
        }
        CHECK(std::fabs(sum - 1) <= 1e-6);
    }
    std::vector<std::string> single = flags;
    single.insert(single.end(), {"--batch-size", "1"});
    CHECK(place.predict(single).out == done.out);
}

TEST_CASE("a picture of the set gets what evaluation says of it") {
    const Gallery place;
    REQUIRE(run_tern(place, {"evaluate", "--checkpoint", "run/last.safetensors", "--data", place.set,
                             "--logits", "logits.safetensors"})
                .status == 0);
    const Tensor logits = read_safetensors(place / "logits.safetensors").tensors[1].tensor;
    const Dataset tests = read_cifar10(place.set, Split::test);
    test::Samples samples;
    for (std::int64_t i = 0; i < 1024; ++i)
        for (std::int64_t c = 0; c < 3; ++c)
            samples.push_back(tests.images.data<std::uint8_t>()[c * 1024 + i]);
    test::write_text(place / "first.png", test::make_png(32, 32, samples));
    const json all = json::parse(place.predict({"first.png", "--json", "--top-k", "10"}).out);
    double sum = 0;
    for (int k = 0; k < 10; ++k) sum += std::exp(static_cast<double>(logits.data<float>()[k]));
    for (const json& own : all["pictures"][0]["classes"]) {
        const double logit = logits.data<float>()[own["label"].get<int>()];
        CHECK(std::fabs(own["probability"].get<double>() - std::exp(logit) / sum) <= 1e-5);
    }
}

TEST_CASE("pictures that cannot be read are named after the others, exit status 1") {
    const Gallery place;
    const std::string cut = complaint("cut.png") + "is no whole PNG picture: the file ends too early\n";
    const test::Finished mixed = place.predict({"cut.png", "a.png", "none.png", "--top-k", "1"});
    CHECK(mixed.status == 1);
    CHECK(mixed.err == cut + complaint("none.png") + "no such file\n");
    CHECK(std::ranges::count(mixed.out, '\n') == 2);
    const test::Finished none = place.predict({"cut.png"});
    CHECK(none.status == 1);
    CHECK(none.out.empty());
    CHECK(none.err == cut);
    const json all = json::parse(place.predict({"cut.png", "--json"}).out);
    CHECK(all["pictures"].empty());
    CHECK(all["failures"][0] == "[cut.png] is no whole PNG picture: the file ends too early");
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
