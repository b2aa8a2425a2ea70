// The CIFAR-100 reader takes either label of a sample, checks both, and names what is wrong.
#include "tern/data/cifar100.hpp"

#include <algorithm>

#include "tern/data/cifar100_format.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

// Byte i of the planes of a sample.
std::uint8_t pixel(int sample, int i) { return static_cast<std::uint8_t>(i * 7 + i / 256 + sample * 31); }

std::string sample_bytes(int coarse, int fine, int sample) {
    std::string text{static_cast<char>(coarse), static_cast<char>(fine)};
    for (int i = 0; i < 3072; ++i) text += static_cast<char>(pixel(sample, i));
    return text;
}

// Three training samples and one test sample, without names of classes.
struct SmallSet {
    SmallSet() {
        write("train.bin", sample_bytes(19, 99, 0) + sample_bytes(0, 0, 1) + sample_bytes(7, 42, 2));
        write("test.bin", sample_bytes(3, 12, 3));
    }

    std::string where(const std::string& file) const { return test::at(folder / file); }
    std::string text(const std::string& file) const { return test::read_text(folder / file); }
    void write(const std::string& file, const std::string& text) const {
        test::write_text(folder / file, text);
    }
    Dataset read(Split split = Split::train, LabelKind labels = LabelKind::fine) const {
        return read_dataset(folder.path(), split, {.labels = labels});
    }

    test::TemporaryFolder folder;
};

std::vector<std::int32_t> labels_of(const Dataset& set) {
    const auto labels = set.targets.elements<std::int32_t>();
    return {labels.begin(), labels.end()};
}

std::string lines(const std::string& prefix, int count) {
    std::string text;
    for (int k = 0; k < count; ++k) text += to_text(prefix, k, '\n');
    return text;
}

}  // namespace

TEST_CASE("a sample of CIFAR-100 is two labels and three planes") {
    const SmallSet set;
    const Dataset train = set.read(), tests = set.read(Split::test);
    CHECK(train.samples.shape() == Shape{3, 32, 32, 3});
    CHECK(tests.samples.shape() == Shape{1, 32, 32, 3});
    CHECK(train.source == set.folder.path().string());
    CHECK(labels_of(train) == std::vector{99, 0, 42});
    CHECK(labels_of(tests) == std::vector{12});
    CHECK(labels_of(set.read(Split::train, LabelKind::coarse)) == std::vector{19, 0, 7});
    CHECK(labels_of(set.read(Split::test, LabelKind::coarse)) == std::vector{3});
    check_labelled_images("train", train);
    int wrong = 0;
    for (int sample = 0; sample < 3; ++sample)
        for (int at = 0; at < 1024; ++at)
            for (int c = 0; c < 3; ++c)
                wrong += train.samples.data<std::uint8_t>()[(sample * 1024 + at) * 3 + c] !=
                         pixel(sample, c * 1024 + at);
    CHECK(wrong == 0);
}

TEST_CASE("CIFAR-100 has the published names unless its files have others") {
    const SmallSet set;
    const std::vector<std::string> fine = set.read().classes;
    CHECK(fine == cifar100::published_classes(LabelKind::fine));
    CHECK(fine.size() == 100);
    CHECK(std::ranges::is_sorted(fine));
    CHECK(fine[42] == "leopard");
    const std::vector<std::string> coarse = set.read(Split::test, LabelKind::coarse).classes;
    CHECK(coarse.size() == 20);
    CHECK(std::ranges::is_sorted(coarse));
    CHECK(coarse[19] == "vehicles_2");
    set.write("fine_label_names.txt", lines("f", 100));
    set.write("coarse_label_names.txt", lines("c", 20) + "\n");
    CHECK(set.read().classes[42] == "f42");
    CHECK(set.read(Split::test, LabelKind::coarse).classes[19] == "c19");
    set.write("fine_label_names.txt", lines("f", 99));
    set.write("coarse_label_names.txt", lines("c", 21));
    CHECK_THROWS_WITH(set.read(), set.where("fine_label_names.txt") + "names 99 classes, expected 100");
    CHECK_THROWS_WITH(set.read(Split::train, LabelKind::coarse),
                      set.where("coarse_label_names.txt") + "names 21 classes, expected 20");
}

TEST_CASE("a file of CIFAR-100 of a wrong size is named") {
    const SmallSet set;
    const std::string whole = set.text("train.bin");
    const auto check = [&](const std::string& text, const std::string& rule) {
        set.write("train.bin", text);
        CHECK_THROWS_WITH(set.read(), set.where("train.bin") + rule);
        CHECK_THROWS_WITH(kCifar100Format.list(set.folder.path()), set.where("train.bin") + rule);
    };
    check("", "is empty, expected samples of 3074 bytes");
    check(whole.substr(0, 9221),
          "has 9221 bytes = 2 x 3074 + 3073, expected a multiple of the 3074 bytes of a sample");
    check(whole + "x", "has 9223 bytes = 3 x 3074 + 1, expected a multiple of the 3074 bytes of a sample");
    check(std::string(3073 * 2, '\0'),
          "has 6146 bytes = 1 x 3074 + 3072, expected a multiple of the 3074 bytes of a sample; it may be of "
          "CIFAR-10, whose files are data_batch_1.bin to data_batch_5.bin and test_batch.bin");
    set.write("train.bin", whole.substr(3074));
    CHECK(labels_of(set.read()) == std::vector{0, 42});
}

TEST_CASE("both labels of CIFAR-100 are checked, whichever is taken") {
    const SmallSet set;
    const std::string whole = set.text("train.bin");
    for (const LabelKind labels : {LabelKind::fine, LabelKind::coarse}) {
        const auto check = [&](std::size_t at, int label, const std::string& rule) {
            std::string text = whole;
            text[at] = static_cast<char>(label);
            set.write("train.bin", text);
            CHECK_THROWS_WITH(set.read(Split::train, labels), set.where("train.bin") + rule);
        };
        check(3074, 20, "sample 1 has coarse label 20, expected 0 to 19");
        check(3074, 255, "sample 1 has coarse label 255, expected 0 to 19");
        check(2 * 3074 + 1, 100, "sample 2 has fine label 100, expected 0 to 99");
    }
}

TEST_CASE("the files of one split of CIFAR-100 suffice for it") {
    const SmallSet set;
    const auto list = [&] { return kCifar100Format.list(set.folder.path()); };
    REQUIRE(list().size() == 2);
    CHECK(list()[0].file == "train.bin");
    CHECK(list()[0].samples == 3);
    CHECK(list()[1].file == "test.bin");
    CHECK(list()[1].samples == 1);
    std::filesystem::remove(set.folder / "train.bin");
    CHECK(set.read(Split::test).size() == 1);
    CHECK_THROWS_WITH(set.read(), set.where("train.bin") + "no such file");
    CHECK(list()[0].samples == 0);
    std::filesystem::create_directory(set.folder / "train.bin");
    CHECK_THROWS_WITH(set.read(), set.where("train.bin") + "is a folder, expected a file");
}

TEST_CASE("CIFAR-100 is found in the folder that its archive makes") {
    const SmallSet set;
    const std::filesystem::path folder = set.folder / "cifar-100-binary";
    std::filesystem::create_directory(folder);
    for (const char* file : {"train.bin", "test.bin"})
        std::filesystem::rename(set.folder / file, folder / file);
    CHECK(find_dataset(set.folder.path()).format->name == kCifar100Format.name);
    CHECK(set.read().source == folder.string());
    CHECK_THROWS_WITH(
        read_dataset(folder / "test.bin", Split::test),
        test::at(folder / "test.bin") + "is one file of a set, expected its folder: " + folder.string());
}
