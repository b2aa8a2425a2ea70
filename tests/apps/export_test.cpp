// `tern export`: what it writes tests/interop/onnx_test.py reads; here is what it refuses.
#include "tern/core/files/safetensors.hpp"
#include "tern/tests/apps/trained_place.hpp"

using namespace tern;
using test::complaint;
using test::run_tern;

namespace {

struct TrainedPlace : test::TrainedPlace {
    TrainedPlace() : test::TrainedPlace("export", "model.onnx") {}
};

}  // namespace

TEST_CASE("export says what it wrote, on standard error where the file goes to standard output") {
    const TrainedPlace place;
    const test::Finished done =
        place.made({"--checkpoint", place.weights, "--output", "model.onnx", "--fold"});
    CHECK(done.status == 0);
    CHECK(done.err.empty());
    CHECK(done.out == "lenet5 for images (32,32,3) of 10 classes: model.onnx\n");
    const std::string bytes = test::read_text(place / "model.onnx");
    CHECK_THAT(bytes, Catch::Contains("conv1.weight") && Catch::Contains("format_version"));
    const test::Finished piped =
        place.made({"--checkpoint", place.weights, "--output", "/dev/stdout", "--fold"});
    CHECK(piped.status == 0);
    CHECK(piped.out == bytes);
    CHECK(piped.err == "lenet5 for images (32,32,3) of 10 classes: /dev/stdout\n");
}

TEST_CASE("export without what it needs, or with what it does not know") {
    const TrainedPlace place;
    place.check_refusal(2, {"--output", "model.onnx"}, complaint("--checkpoint") + "must name a weight file");
    place.check_refusal(2, {"--checkpoint", place.weights},
                        complaint("--output") + "must name the ONNX file to write");
    place.check_refusal(2, {"--checkpoint", place.weights, "--output", "model.onnx", "--layout", "chwn"},
                        complaint("--layout") + "must be one of nhwc, nchw, got chwn");
    place.check_refusal(2, {"--checkpoint", place.weights, "--output", place.weights},
                        complaint("--output") +
                            "would replace run/last.safetensors, which is read, got run/last.safetensors");
    place.check_refusal(1, {"--checkpoint", place.weights, "--output", "model.onnx", "--model", "resnet20"},
                        complaint("run/last.safetensors") + "holds weights of lenet5, expected resnet20");
    CHECK(place.made({"--checkpoint", "none.safetensors", "--output", "model.onnx"}).status == 1);
    CHECK(place.made({"--checkpoint", place.weights, "--output", "none/model.onnx"}).status == 1);
    test::write_text(place / "text.safetensors", "no weights at all");
    CHECK(place.made({"--checkpoint", "text.safetensors", "--output", "model.onnx"}).status == 1);
    CHECK_FALSE(std::filesystem::exists(place / "model.onnx"));
}

TEST_CASE("a file of another program needs the name of its model") {
    const TrainedPlace place;
    Safetensors content = read_safetensors(place / "run" / "last.safetensors");
    content.metadata.clear();
    write_safetensors(place / "plain.safetensors", content);
    place.check_refusal(2, {"--checkpoint", "plain.safetensors", "--output", "model.onnx"},
                        complaint("--model") + "must name the model, because plain.safetensors does not");
    const test::Finished done = place.made({"--checkpoint", "plain.safetensors", "--output", "model.onnx",
                                            "--model", "lenet5", "--normalize", "unit"});
    CHECK(done.err.empty());
    CHECK(done.status == 0);
    CHECK_THAT(test::read_text(place / "model.onnx"),
               Catch::Contains("class 9") && Catch::Contains("\"unit\""));
}
