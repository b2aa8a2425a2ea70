// `tern data`: what is made can be described and trained on, and nothing is half made.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "tern/core/files/safetensors.hpp"
#include "tern/data/cifar10_format.hpp"
#include "tern/data/image.hpp"
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_images.hpp"

using namespace tern;
using nlohmann::json;
using test::complaint;
using test::run_tern;

namespace {

std::ptrdiff_t entries(const std::filesystem::path& folder) {
    return std::distance(std::filesystem::directory_iterator(folder), {});
}

// Ten images each of ants and bees in `images`.
struct Zoo : test::TemporaryFolder {
    Zoo() {
        for (int i = 0; i < 20; ++i) {
            const auto red = static_cast<std::uint8_t>(i);
            add(i < 10 ? "ant" : "bee", to_text(char('a' + i), ".ppm"),
                test::make_ppm(9, 8, test::filled(9, 8, {red, 0, 255})));
        }
    }
    void add(const std::string& name, const std::string& file, const std::string& text) const {
        std::filesystem::create_directories(*this / "images" / name);
        test::write_text(*this / "images" / name / file, text);
    }
};

}  // namespace

TEST_CASE("data info tells samples, classes and channels of a set") {
    const test::FolderWithSet place;
    const test::Finished done = run_tern(place, {"data", "info", place.set});
    CHECK(done.status == 0);
    CHECK(done.err.empty());
    CHECK_THAT(done.out,
               Catch::StartsWith(place.set +
                                 ": 40 training and 6 test samples of 10 classes, images 32 x 32 x 3\n"));
    CHECK_THAT(done.out, Catch::Contains("data_batch_5.bin                  8\n") &&
                             Catch::Contains("test_batch.bin                    6\n") &&
                             Catch::Contains("class 5                           4          1\n") &&
                             Catch::Contains("class 6                           4          0\n") &&
                             Catch::Contains("\nred "));
    const test::Finished machine = run_tern(place, {"data", "info", "--json"}, place.set);
    const json all = json::parse(machine.out);
    CHECK(all["source"] == place.set);
    CHECK(all["train"] == 40);
    CHECK(all["files"][5]["samples"] == 6);
    CHECK(all["classes"][9]["class"] == "class 9");
    CHECK(all["classes"][9]["test"] == 0);
    REQUIRE(all["channels"].size() == 3);
    const double mean = all["channels"][1]["mean"], deviation = all["channels"][1]["deviation"];
    CHECK((mean > 0.25 && mean < 0.75 && deviation > 0.05 && deviation < 0.4));
    const json made = json::parse(run_tern(place, {"data", "info", "synthetic", "--json"}).out);
    CHECK(made["train"] == 5000);
    CHECK(made["files"].empty());
}

TEST_CASE("data info and evaluate take a set of which one split exists") {
    const test::FolderWithSet place;
    REQUIRE(run_tern(place, {"train", "--data", place.set, "--steps", "1", "--run", "run"}).status == 0);
    std::vector<std::string> evaluate{
        "evaluate", "--checkpoint", "run/last.safetensors", "--json", "--data", place.set, "--split", "test"};
    const std::string both = run_tern(place, evaluate).out;
    std::filesystem::create_directory(place / "aside");
    const auto move = [&](const char* from, const char* to, const std::string& file) {
        std::filesystem::rename(place / from / file, place / to / file);
    };
    for (const char* file : cifar10::kTrainFiles) move("set", "aside", file);
    const test::Finished tests = run_tern(place, evaluate);
    CHECK(tests.status == 0);
    CHECK(tests.out == both);
    const test::Finished described = run_tern(place, {"data", "info", place.set, "--sheet", "sheet.png"});
    CHECK(described.status == 0);
    CHECK_THAT(described.out,
               Catch::StartsWith(place.set +
                                 ": 0 training and 6 test samples of 10 classes, images 32 x 32 x 3\n") &&
                   Catch::Contains("data_batch_5.bin            missing\n") && !Catch::Contains("deviation"));
    CHECK(read_image(place / "sheet.png").dim(0) > 0);
    const test::Finished train = run_tern(place, {"train", "--data", place.set, "--dry-run"});
    CHECK(train.status == 1);
    CHECK_THAT(train.err, Catch::Contains("is not the complete set, missing: data_batch_1.bin, "));

    for (const char* file : cifar10::kTrainFiles) move("aside", "set", file);
    move("set", "aside", cifar10::kTestFile);
    evaluate.back() = "train";
    CHECK(run_tern(place, evaluate).status == 0);
    const json all = json::parse(run_tern(place, {"data", "info", place.set, "--json"}).out);
    CHECK((all["missing"] == json{"test_batch.bin"} && all["test"] == 0 && all["files"].size() == 5));
    CHECK(run_tern(place, {"train", "--data", place.set, "--steps", "1", "--run", "again"}).status == 0);
    const test::Finished epochs = run_tern(place, {"train", "--data", place.set, "--epochs", "1"});
    CHECK(epochs.status == 1);
    CHECK(epochs.err == complaint(place.set) + "is not the complete set, missing: test_batch.bin\n");
}

TEST_CASE("data info draws a sheet of samples") {
    const test::FolderWithSet place;
    CHECK(run_tern(place, {"data", "info", place.set, "--sheet", "sheet.png"}).status == 0);
    const Tensor sheet = read_image(place / "sheet.png");
    CHECK(sheet.dim(0) == 10 * 68 + 4);
    CHECK(sheet.dim(1) == 7 * 12 + 8 + 10 * 68);
    const auto augmented = [&](const std::vector<std::string>& more) {
        std::vector<std::string> arguments{"data",          "info",      place.set,       "--sheet",
                                           "augmented.png", "--augment", "flip=alternate"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        CHECK(run_tern(place, arguments).status == 0);
        return test::read_text(place / "augmented.png");
    };
    const std::string first = augmented({});
    CHECK(first != test::read_text(place / "sheet.png"));
    CHECK(augmented({"--epoch", "2"}) != first);
    CHECK(augmented({"--epoch", "3"}) == first);
    CHECK(augmented({"--seed", "1"}) != first);
    CHECK(run_tern(place, {"data", "info", place.set, "--augment", "flip"}).err ==
          complaint("--augment") + "has no meaning without --sheet\n");
    CHECK(run_tern(place, {"data", "info", place.set, "--sheet", "a.png", "--epoch", "2"}).err ==
          complaint("--epoch") + "has no meaning without --augment\n");
    const test::Finished refused = run_tern(place, {"data", "info", place.set, "--sheet", "none/sheet.png"});
    CHECK(refused.status == 1);
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err, Catch::StartsWith("tern: [none/sheet.png"));
}

TEST_CASE("a synthesized set is the synthetic one, and can be trained on") {
    const test::TemporaryFolder folder;
    const test::Finished done = run_tern(folder, {"data", "synthesize", "set", "--train-samples", "20",
                                                  "--test-samples", "4", "--classes", "3", "--seed", "9"});
    CHECK(done.status == 0);
    CHECK(done.out == "set: 20 training and 4 test samples of 3 classes\n");
    CHECK(entries(folder / "set") == 7);
    CHECK(test::read_text(folder / "set" / "batches.meta.txt") == "class 0\nclass 1\nclass 2\n");
    const Dataset read = read_cifar10(folder / "set", Split::train);
    const Dataset made =
        make_synthetic({.seed = 9, .train_samples = 20, .test_samples = 4, .classes = 3}, Split::train);
    CHECK(std::ranges::equal(read.samples.elements<std::uint8_t>(), made.samples.elements<std::uint8_t>()));
    CHECK(run_tern(folder, {"train", "--data", "set", "--steps", "1", "--batch-size", "2", "--run", "run"})
              .status == 0);

    const test::Finished again = run_tern(folder, {"data", "synthesize", "set"});
    CHECK(again.status == 1);
    CHECK(again.err == complaint("set") + "exists and is not empty; name a folder that does not exist yet\n");
    CHECK(run_tern(folder, {"data", "synthesize", "odd", "--train-samples", "11"}).status == 0);
    CHECK(run_tern(folder, {"data", "info", "odd"}).status == 0);
}

TEST_CASE("the former names of --train-samples and --test-samples are read, but not shown") {
    const test::TemporaryFolder folder;
    const test::Finished done =
        run_tern(folder, {"data", "synthesize", "set", "--train-records", "20", "--test-records", "4"});
    CHECK(done.status == 0);
    CHECK(done.out == "set: 20 training and 4 test samples of 10 classes\n");
    const test::Finished refused = run_tern(folder, {"data", "synthesize", "few", "--train-records", "4"});
    CHECK(refused.status == 2);
    CHECK(refused.err == complaint("--train-samples") + "must be a whole number from 5 to 1000000, got 4\n");
    const test::Finished help = run_tern(folder, {"data", "synthesize", "--help"});
    CHECK_THAT(help.out, Catch::Contains("--train-samples N") && Catch::Contains("--test-samples N") &&
                             !Catch::Contains("-records"));
    CHECK_THAT(run_tern(folder, {"completion", "bash"}).out,
               Catch::Contains("--train-samples") && !Catch::Contains("-records"));
}

TEST_CASE("imported images can be described, trained on and predicted") {
    const Zoo zoo;
    const test::Finished done =
        run_tern(zoo, {"data", "import", "images", "--output", "set", "--size", "48"});
    CHECK(done.status == 0);
    CHECK(done.err.empty());
    CHECK(done.out == "set: 16 training and 4 test samples of 2 classes\n");
    CHECK(entries(zoo / "set") == 2);
    const test::Finished info = run_tern(zoo, {"data", "info", "set", "--sheet", "sheet.png"});
    CHECK(info.status == 0);
    CHECK_THAT(info.out,
               Catch::StartsWith("set: 16 training and 4 test samples of 2 classes, images 48 x 48 x 3\n") &&
                   Catch::Contains("train.safetensors                16") && Catch::Contains("\nant "));
    CHECK(read_image(zoo / "sheet.png").dim(0) == 2 * 100 + 4);
    CHECK(run_tern(zoo, {"train", "--data", "set", "--epochs", "1", "--batch-size", "4", "--run", "run"})
              .status == 0);
    const test::Finished evaluated =
        run_tern(zoo, {"evaluate", "--checkpoint", "run/last.safetensors", "--data", "set"});
    CHECK(evaluated.status == 0);
    CHECK_THAT(evaluated.out, Catch::StartsWith("mini_xception on 4 test samples of set\n"));
    const test::Finished told =
        run_tern(zoo, {"predict", "--checkpoint", "run/last.safetensors", "images/ant/a.ppm"});
    CHECK(told.status == 0);
    CHECK_THAT(told.out, Catch::Contains(" ant ") && Catch::Contains(" bee "));
}

TEST_CASE("images that stay in their files train as imported ones, with any number of workers") {
    const Zoo zoo;
    REQUIRE(run_tern(zoo, {"data", "import", "images", "--output", "set", "--size", "40"}).status == 0);
    const auto train = [&](const std::string& run, std::vector<std::string> more) {
        std::vector<std::string> flags{"train",
                                       "--model",
                                       "lenet5",
                                       "--epochs",
                                       "2",
                                       "--batch-size",
                                       "3",
                                       "--augment",
                                       "crop=2,flip,mixup=0.3",
                                       "--normalize",
                                       "unit",
                                       "--run",
                                       run};
        flags.insert(flags.end(), more.begin(), more.end());
        const test::Finished done = run_tern(zoo, flags);
        INFO(done.err);
        REQUIRE(done.status == 0);
        CHECK(done.err.empty());
        return read_safetensors(zoo / run / "last.safetensors").tensors;
    };
    const NamedTensors imported = train("imported", {"--data", "set"});
    for (const char* workers : {"0", "1", "3"}) {
        const NamedTensors read =
            train(to_text("read", workers), {"--data", "images", "--image-size", "40", "--workers", workers});
        REQUIRE(read.size() == imported.size());
        for (std::size_t i = 0; i < read.size(); ++i)
            CHECK(std::ranges::equal(
                std::span(read[i].tensor.raw_data(), static_cast<std::size_t>(read[i].tensor.bytes())),
                std::span(imported[i].tensor.raw_data(),
                          static_cast<std::size_t>(imported[i].tensor.bytes()))));
    }
    const std::vector<std::string> evaluate{"evaluate", "--checkpoint", "read3/last.safetensors", "--json",
                                            "--data"};
    auto of_files = evaluate, of_set = evaluate;
    of_files.insert(of_files.end(), {"images", "--image-size", "40"});
    of_set.emplace_back("set");
    CHECK(json::parse(run_tern(zoo, of_files).out)["loss"] == json::parse(run_tern(zoo, of_set).out)["loss"]);
    CHECK(run_tern(zoo, {"train", "--resume", "--run", "read3", "--epochs", "3", "--workers", "2"}).status ==
          0);
    const std::string png = test::make_png(9, 8, test::filled(9, 8, {77, 0, 255}));
    zoo.add("bee", "new.png", png);
    CHECK_THAT(
        run_tern(zoo, {"train", "--resume", "--run", "read3", "--epochs", "4"}).err,
        Catch::StartsWith(complaint("--data") + "the run was trained on other samples than those of "));
}

TEST_CASE("what is wrong with a folder of images that stay there is said in a line each") {
    const Zoo zoo;
    zoo.add("cow", "notes.txt", "none");
    const std::string png = test::make_png(9, 8, test::filled(9, 8, {77, 0, 255}));
    for (int i = 0; i < 9; ++i) zoo.add("bee", to_text("cut", i, ".png"), png.substr(0, 60));
    const auto train = [&](std::vector<std::string> more) {
        std::vector<std::string> flags{"train", "--model",      "lenet5", "--epochs",
                                       "1",     "--batch-size", "3",      "--data"};
        flags.insert(flags.end(), more.begin(), more.end());
        return run_tern(zoo, flags);
    };
    for (const char* workers : {"0", "2"}) {
        const test::Finished done = train({"images", "--image-size", "32", "--workers", workers});
        CHECK(done.status == 1);
        CHECK_THAT(
            done.err,
            Catch::StartsWith(complaint("images") + "cow has no image of its own, so it is no class\n" +
                              complaint("images") + "files that are not images, skipped: 1\n" +
                              complaint("images/bee/cut").substr(0, 21)) &&
                Catch::Contains("is not a complete PNG image: the file ends too early (sample "));
        CHECK(std::ranges::count(done.err, '\n') == 3);
    }
    CHECK(train({"images"}).err ==
          complaint("images") +
              "holds images (a.ppm), expected a data set; folders of images, one for each "
              "class, can be imported, or read as they are (found in ant)\n");
    CHECK(train({"synthetic", "--image-size", "32"}).err ==
          complaint("--image-size") + "is for a folder of images, got --data synthetic\n");
    CHECK(train({"images", "--image-size", "0"}).err ==
          complaint("--image-size") + "must be a whole number from 1 to 8192, got 0\n");
    CHECK(train({"images", "--image-size", "32", "--workers", "257"}).err ==
          complaint("--workers") + "must be a whole number from 0 to 256, got 257\n");
}

TEST_CASE("CIFAR-100 and IDX files can be described, trained on, evaluated and predicted from") {
    const test::TemporaryFolder folder;
    const auto big_endian = [](std::uint32_t value) {
        std::string bytes;
        for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
        return bytes;
    };
    for (const auto& [name, count] : {std::pair("train", 12), std::pair("t10k", 5)}) {
        std::string labels, pixels;
        for (int i = 0; i < count; ++i) {
            labels += static_cast<char>(i % 3);
            for (int k = 0; k < 20 * 18; ++k) pixels += static_cast<char>(17 * i + k);
        }
        const auto samples = static_cast<std::uint32_t>(count);
        test::write_text(folder / to_text(name, "-images-idx3-ubyte"),
                         big_endian(0x803) + big_endian(samples) + big_endian(20) + big_endian(18) + pixels);
        test::write_text(folder / to_text(name, "-labels-idx1-ubyte"),
                         big_endian(0x801) + big_endian(samples) + labels);
    }
    std::filesystem::create_directories(folder / "hundred");
    for (const auto& [name, count] : {std::pair("train.bin", 10), std::pair("test.bin", 4)}) {
        std::string samples;
        for (int i = 0; i < count; ++i) {
            samples += static_cast<char>(i % 20);
            samples += static_cast<char>(9 * i);
            for (int k = 0; k < 3072; ++k) samples += static_cast<char>(i + k);
        }
        test::write_text(folder / "hundred" / name, samples);
    }
    for (const char* file : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                             "t10k-labels-idx1-ubyte"}) {
        std::filesystem::create_directories(folder / "digits");
        std::filesystem::rename(folder / file, folder / "digits" / file);
    }
    const auto check = [&](const std::string& run, std::vector<std::string> data, const std::string& shape,
                           std::size_t classes) {
        INFO(run);
        std::vector<std::string> info{"data", "info"};
        info.insert(info.end(), data.begin(), data.end());
        CHECK_THAT(run_tern(folder, info).out, Catch::Contains(shape));
        data.insert(data.begin(), "--data");
        std::vector<std::string> train{"train", "--epochs", "1", "--batch-size", "4", "--run", run},
            evaluate{"evaluate", "--checkpoint", run + "/last.safetensors", "--json"};
        train.insert(train.end(), data.begin(), data.end());
        evaluate.insert(evaluate.end(), data.begin(), data.end());
        const test::Finished trained = run_tern(folder, train);
        CHECK(trained.err.empty());
        REQUIRE(trained.status == 0);
        CHECK(json::parse(run_tern(folder, evaluate).out)["classes"].size() == classes);
        CHECK(run_tern(folder, {"train", "--resume", "--run", run, "--epochs", "2"}).status == 0);
    };
    check("fine", {"hundred"}, "10 training and 4 test samples of 100 classes, images 32 x 32 x 3\n", 100);
    check("coarse", {"hundred", "--labels", "coarse"}, "of 20 classes, images 32 x 32 x 3\n", 20);
    check("digits-run", {"digits"}, "12 training and 5 test samples of 3 classes, images 20 x 18 x 1\n", 3);
    const test::Finished oblong =
        run_tern(folder, {"predict", "--checkpoint", "digits-run/last.safetensors", "none.png"});
    CHECK(oblong.status == 1);
    CHECK(oblong.err == complaint("digits-run/last.safetensors") +
                            "was trained on images (20,18,1), expected square ones of 1 or 3 channels\n");
    const test::Finished other =
        run_tern(folder, {"train", "--resume", "--run", "coarse", "--labels", "fine", "--epochs", "3"});
    CHECK(other.status == 2);
    CHECK_THAT(other.err, Catch::Contains("[--labels]"));
}

TEST_CASE("an import reports duplicates, empty classes and files that are not images") {
    const Zoo zoo;
    zoo.add("bee", "z.png", test::make_png(9, 8, test::filled(9, 8, {3, 0, 255})));
    zoo.add("cow", "notes.txt", "none");
    std::vector<std::string> flags{"data", "import", "images", "--output", "set"};
    const test::Finished done = run_tern(zoo, flags);
    CHECK(done.status == 0);
    CHECK(done.out ==
          "set: 16 training and 4 test samples of 2 classes\n"
          "no class: cow has no image of its own\n"
          "duplicate: images/bee/z.png shows the pixels of images/ant/d.ppm\n"
          "1 duplicates were left out\n"
          "files that are not images, skipped: 1\n");
    CHECK(done.err.empty());
    flags.back() = "kept";
    flags.insert(flags.end(), {"--duplicates", "keep"});
    CHECK_THAT(run_tern(zoo, flags).out,
               Catch::StartsWith("kept: 17 training and 4 test samples of 2 classes\n") &&
                   Catch::Contains("1 duplicates were kept\n"));
}

TEST_CASE("images that an import cannot read are a failure unless they may be skipped") {
    const Zoo zoo;
    const std::string png = test::make_png(9, 8, test::filled(9, 8, {77, 0, 255}));
    zoo.add("ant", "named.jpg", png);  // what the content says is enough
    zoo.add("bee", "same.png", png);
    zoo.add("bee", "cut.png", png.substr(0, 60));
    zoo.add("bee", "moves.gif", "GIF89a");
    const std::string lines = complaint("images/bee/cut.png") +
                              "is not a complete PNG image: the file ends too early\n" +
                              complaint("images/bee/moves.gif") +
                              "is a GIF image, expected a PNG, JPEG, WebP, BMP, PPM or PGM image\n" +
                              complaint("images") + "2 of 24 images could not be read and were left out";
    const test::Finished failed = run_tern(zoo, {"data", "import", "images", "--output", "set"});
    CHECK(failed.status == 1);
    CHECK(failed.err == lines + "; --unreadable skip makes that no failure\n");
    CHECK_THAT(failed.out, Catch::StartsWith("set: 17 training and 4 test samples of 2 classes\n"));
    const test::Finished skipped =
        run_tern(zoo, {"data", "import", "images", "--output", "skipped", "--unreadable", "skip"});
    CHECK(skipped.status == 0);
    CHECK(skipped.err == lines + "\n");
    CHECK_THAT(run_tern(zoo, {"data", "import", "images", "--output", "kept", "--duplicates", "keep"}).err,
               Catch::Contains("[images] 2 of 24 images"));
    CHECK(test::read_text(zoo / "skipped" / "test.safetensors") ==
          test::read_text(zoo / "set" / "test.safetensors"));
}

TEST_CASE("an import of folders of splits moves no image between them") {
    const Zoo zoo;
    std::filesystem::create_directories(zoo / "root" / "test");
    std::filesystem::copy(zoo / "images", zoo / "root" / "train", std::filesystem::copy_options::recursive);
    std::filesystem::rename(zoo / "root" / "train" / "bee", zoo / "bee");
    for (const char* split : {"train", "test"})
        std::filesystem::create_directories(zoo / "root" / split / "bee");
    std::filesystem::copy(zoo / "bee" / "k.ppm", zoo / "root" / "train" / "bee");
    std::filesystem::copy(zoo / "bee" / "l.ppm", zoo / "root" / "test" / "bee");
    const test::Finished done =
        run_tern(zoo, {"data", "import", "root", "--output", "set", "--test-fraction", "0.5"});
    CHECK(done.status == 0);
    CHECK(done.out ==
          "set: 11 training and 1 test samples of 2 classes\n"
          "note: the splits are those of the folders: train to train on, test for tests\n"
          "note: class ant has no test sample\n"
          "note: --test-fraction changed nothing, since the folders say what the tests are\n");
}

TEST_CASE("an import that fails leaves nothing") {
    const Zoo zoo;
    const auto check = [&](const std::vector<std::string>& arguments, const std::string& line) {
        const test::Finished done = run_tern(zoo, arguments);
        CHECK(done.status == 1);
        CHECK(done.err == line + "\n");
        CHECK(done.out.empty());
        CHECK(entries(zoo.path()) == 3);  // images, stdout, stderr
    };
    check({"data", "import", "none", "--output", "set"}, complaint("none") + "no such folder");
    check({"data", "import", "images", "--output", "images"},
          complaint("images") + "exists and is not empty; name a folder that does not exist yet");
    check({"data", "import", "images/ant", "--output", "set"},
          complaint("images/ant") + "has no sub-folders, expected one for each class");
    check({"data", "import", "images", "--output", "set", "--test-fraction", "0.99"},
          complaint("images") + "gives 0 training and 20 test samples, at least one of each is needed");
    // The place is looked at before the images.
    check({"data", "import", "none", "--output", "images/ant/a.ppm/set"},
          complaint("images/ant/a.ppm/set") + "cannot be made: Not a directory");
    check({"data", "import", "none", "--output", "/proc"},
          complaint("/proc") + "is a mount point, which cannot be replaced");
}

TEST_CASE("on a terminal an import shows how far it is") {
    const Zoo zoo;
    const test::Finished done =
        test::run_tern_on_terminal(zoo, {"data", "import", "images", "--output", "set"});
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Catch::Contains("\r20 of 20 files read\033[K"));
    CHECK_THAT(done.out, Catch::Contains("\r\033[Kset: 16 training"));
}
