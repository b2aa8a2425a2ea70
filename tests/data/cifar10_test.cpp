// The CIFAR-10 reader takes whole sets and names what is wrong with others.
#include "tern/data/cifar10.hpp"

#include <functional>

#include "tern/data/cifar10_format.hpp"
#include "tern/data/class_names.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

// 5 x 4 training and 3 test samples of 10 classes.
struct SmallSet {
    SmallSet() {
        write_cifar10(folder.path(), make_synthetic(options, Split::train),
                      make_synthetic(options, Split::test));
    }

    std::string path(const std::string& file) const { return (folder / file).string(); }
    std::string text(const std::string& file) const { return test::read_text(folder / file); }
    void check_error(const std::string& message) const {
        CHECK_THROWS_WITH(read_cifar10(folder.path(), Split::train), message);
        CHECK_THROWS_WITH(read_cifar10(folder.path(), Split::test), message);
    }

    SyntheticOptions options{.seed = 1, .train_samples = 20, .test_samples = 3};
    test::TemporaryFolder folder;
};

std::vector<std::uint8_t> bytes_of(const Tensor& tensor) {
    const std::span<std::uint8_t> elements = tensor.elements<std::uint8_t>();
    return {elements.begin(), elements.end()};
}

}  // namespace

TEST_CASE("written files are read back, as the made set") {
    const SmallSet set;
    CHECK(set.text("data_batch_3.bin").size() == 4 * 3073);
    for (const Split split : {Split::train, Split::test}) {
        const Dataset made = make_synthetic(set.options, split);
        const Dataset read = read_cifar10(set.folder.path(), split);
        CHECK(read.size() == (split == Split::train ? 20 : 3));
        CHECK(bytes_of(read.samples) == bytes_of(made.samples));
        CHECK(
            std::ranges::equal(read.targets.elements<std::int32_t>(), made.targets.elements<std::int32_t>()));
        CHECK(read.classes == made.classes);
    }
}

TEST_CASE("a sample is a label and three planes") {
    const SmallSet set;
    const std::string text = set.text("data_batch_2.bin");
    const Dataset read = read_cifar10(set.folder.path(), Split::train);
    CHECK(read.targets.data<std::int32_t>()[5] == text[3073]);
    // Sample 5 is the second of the second file; channel 2, row 1, column 7.
    CHECK(read.samples.data<std::uint8_t>()[((5 * 32 + 1) * 32 + 7) * 3 + 2] ==
          static_cast<std::uint8_t>(text[3073 + 1 + (2 * 32 + 1) * 32 + 7]));
}

TEST_CASE("the parent folder will do, unless it is ambiguous") {
    const test::TemporaryFolder parent;
    const SyntheticOptions options{.train_samples = 5, .test_samples = 1};
    const Dataset train = make_synthetic(options, Split::train), tests = make_synthetic(options, Split::test);
    std::filesystem::create_directory(parent / "other");
    write_cifar10(parent / "cifar-10-batches-bin", train, tests);
    CHECK(read_dataset(parent.path(), Split::train).source == (parent / "cifar-10-batches-bin").string());
    write_cifar10(parent / "more", train, tests);
    CHECK_THROWS_WITH(
        read_dataset(parent.path(), Split::train),
        test::at(parent.path()) + "has several folders with data sets, name one: cifar-10-batches-bin, more");
}

TEST_CASE("missing batches are listed") {
    const SmallSet set;
    for (const char* file : {"data_batch_2.bin", "data_batch_5.bin", "test_batch.bin"})
        std::filesystem::remove(set.folder / file);
    const std::string where = test::at(set.folder.path()) + "is not the complete set, missing: ";
    CHECK_THROWS_WITH(read_cifar10(set.folder.path(), Split::train),
                      where + "data_batch_2.bin, data_batch_5.bin");
    CHECK_THROWS_WITH(read_cifar10(set.folder.path(), Split::test), where + "test_batch.bin");
}

TEST_CASE("a file of a wrong size is named") {
    const SmallSet set;
    const std::string file = "data_batch_4.bin", where = test::at(set.path(file));
    const std::string whole = set.text(file);
    test::write_text(set.path(file), "");
    set.check_error(where + "is empty, expected samples of 3073 bytes");
    test::write_text(set.path(file), whole.substr(0, whole.size() - 1));
    set.check_error(where +
                    "has 12291 bytes = 3 x 3073 + 3072, expected a multiple of the 3073 bytes of a sample");
    test::write_text(set.path(file), whole + "x");
    set.check_error(where +
                    "has 12293 bytes = 4 x 3073 + 1, expected a multiple of the 3073 bytes of a sample");
    test::write_text(set.path(file), std::string(3074 * 4, '\0'));
    set.check_error(
        where +
        "has 12296 bytes = 4 x 3073 + 4, expected a multiple of the 3073 bytes of a sample; it may "
        "be of CIFAR-100, whose files are train.bin and test.bin");
    test::write_text(set.path(file), whole.substr(3073));
    set.check_error(where + "has 3 samples, expected 4 as in data_batch_1.bin");
    std::filesystem::remove(set.path(file));
    std::filesystem::create_directory(set.path(file));
    set.check_error(where + "is a folder, expected a file");
}

TEST_CASE("a file cut between two samples is told by the others") {
    const SmallSet set;
    for (const char* file : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_4.bin"}) {
        const std::string whole = set.text(file);
        const std::string like =
            file == std::string("data_batch_1.bin") ? "data_batch_2.bin" : "data_batch_1.bin";
        test::write_text(set.path(file), whole.substr(3073));
        set.check_error(test::at(set.path(file)) + "has 3 samples, expected 4 as in " + like);
        test::write_text(set.path(file), whole + whole.substr(0, 3073));
        set.check_error(test::at(set.path(file)) + "has 5 samples, expected 4 as in " + like);
        test::write_text(set.path(file), whole);
    }
}

TEST_CASE("only the last training file and the tests may differ in length") {
    const test::TemporaryFolder folder;
    const SyntheticOptions options{.train_samples = 36, .test_samples = 3};  // 8, 8, 8, 8, 4
    write_cifar10(folder.path(), make_synthetic(options, Split::train), make_synthetic(options, Split::test));
    CHECK(read_cifar10(folder.path(), Split::train).size() == 36);
    CHECK(read_cifar10(folder.path(), Split::test).size() == 3);
    const std::filesystem::path last = folder / "data_batch_5.bin";
    const std::string whole = test::read_text(last);
    const auto check = [&](const std::string& text, int samples) {
        test::write_text(last, text);
        CHECK_THROWS_WITH(read_cifar10(folder.path(), Split::train),
                          to_text(test::at(last), "has ", samples,
                                  " samples, expected 8 as in data_batch_1.bin, up to 4 fewer or 5 more"));
    };
    check(whole.substr(3073), 3);
    check(whole + whole + whole + whole.substr(0, 2 * 3073), 14);
}

TEST_CASE("a set of the published size has it everywhere") {
    const test::TemporaryFolder folder;
    const auto write = [&](const char* file, int samples) {
        test::write_text(folder / file, std::string(static_cast<std::size_t>(samples) * 3073, '\0'));
    };
    const auto check_cut = [&](const char* file, const std::string& like) {
        write(file, 9999);
        CHECK_THROWS_WITH(read_cifar10(folder.path(), Split::test),
                          test::at(folder / file) + "has 9999 samples, expected 10000 as in " + like);
        write(file, 10000);
    };
    for (const char* file : cifar10::kTrainFiles) write(file, 10000);
    write(cifar10::kTestFile, 10000);
    check_cut(cifar10::kTestFile, "data_batch_1.bin");
    check_cut("data_batch_1.bin", "data_batch_2.bin");
    check_cut("data_batch_5.bin", "data_batch_1.bin");
    CHECK(read_cifar10(folder.path(), Split::test).classes == cifar10::published_classes());
}

TEST_CASE("labels out of range are named with their sample") {
    const SmallSet set;
    const std::string file = "data_batch_3.bin";
    for (const int label : {10, 255}) {
        std::string text = set.text(file);
        text[2 * 3073] = static_cast<char>(label);
        test::write_text(set.path(file), text);
        CHECK_THROWS_WITH(
            read_cifar10(set.folder.path(), Split::train),
            to_text(test::at(set.path(file)), "sample 2 has label ", label, ", expected 0 to 9"));
    }
}

TEST_CASE("class names are lines of text") {
    const SmallSet set;
    const std::string file = "batches.meta.txt", where = test::at(set.path(file));
    test::write_text(set.path(file), "cat\r\ndog\n\n");
    CHECK_THROWS_WITH(read_cifar10(set.folder.path(), Split::train),
                      test::at(set.path("data_batch_1.bin")) + "sample 2 has label 2, expected 0 to 1");
    test::write_text(set.path(file), "\n\n");
    set.check_error(where + "names 0 classes, expected 1 to 1000");
    test::write_text(set.path(file), "cat\n\ndog\n");
    set.check_error(where + "line 2 is not a printable class name in UTF-8");
    test::write_text(set.path(file), "cat\n\033[31mred\n");
    set.check_error(where + "line 2 is not a printable class name in UTF-8");
    for (const char* bad : {"\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "a\x80"}) {
        test::write_text(set.path(file), bad);
        set.check_error(where + "line 1 is not a printable class name in UTF-8");
    }
    test::write_text(set.path(file), std::string(300000, 'x'));
    set.check_error(where + "has 300000 bytes, more than the 262144 that class names may take");
}

TEST_CASE("too few samples for the layout are refused") {
    const test::TemporaryFolder folder;
    const Dataset few = make_synthetic({.train_samples = 4}, Split::train);
    CHECK_THROWS_WITH(
        write_cifar10(folder.path(), few, few),
        test::at(folder.path()) + "4 training and 4 test samples cannot be spread over 5 and 1 files");
}

TEST_CASE("numbers that fit are read back, others are refused before anything is made") {
    const test::TemporaryFolder folder;
    for (int count = 1; count <= 40; ++count) {
        INFO(count << " training samples");
        const Dataset set = make_synthetic({.train_samples = count}, Split::train);
        const std::filesystem::path path = folder / std::to_string(count);
        if (count >= 5) {
            write_cifar10(path, set, set);
            CHECK(bytes_of(read_cifar10(path, Split::train).samples) == bytes_of(set.samples));
        } else {
            CHECK_THROWS_AS(write_cifar10(path, set, set), Error);
            CHECK_FALSE(std::filesystem::exists(path));
        }
    }
}

TEST_CASE("a set of nearly the published size is not taken for a damaged copy") {
    const test::TemporaryFolder folder;
    const auto set = [](std::int64_t count) {
        return Dataset{Tensor::zeros({count, 32, 32, 3}, DType::uint8), Tensor::zeros({count}, DType::int32),
                       cifar10::published_classes(), "made"};
    };
    write_cifar10(folder / "set", set(50000), set(9999));
    CHECK(kCifar10Format.list(folder / "set")[0].samples == 9999);
    CHECK(kCifar10Format.list(folder / "set")[4].samples == 10004);
    CHECK(kCifar10Format.list(folder / "set")[5].samples == 9999);
}

TEST_CASE("the files of the other split need not exist") {
    const SmallSet set;
    std::filesystem::rename(set.path("test_batch.bin"), set.path("away"));
    CHECK(read_cifar10(set.folder.path(), Split::train).size() == 20);
    CHECK_THROWS_WITH(read_cifar10(set.folder.path(), Split::test),
                      test::at(set.folder.path()) + "is not the complete set, missing: test_batch.bin");
    std::filesystem::rename(set.path("away"), set.path("test_batch.bin"));
    std::filesystem::remove(set.path("data_batch_2.bin"));
    CHECK(read_cifar10(set.folder.path(), Split::test).size() == 3);
    // What is there is still held against each other.
    const std::string whole = set.text("data_batch_3.bin");
    test::write_text(set.path("data_batch_3.bin"), whole.substr(3073));
    CHECK_THROWS_WITH(
        read_cifar10(set.folder.path(), Split::test),
        test::at(set.path("data_batch_3.bin")) + "has 3 samples, expected 4 as in data_batch_1.bin");
    test::write_text(set.path("data_batch_3.bin"), whole);
    for (const char* file : cifar10::kTrainFiles) std::filesystem::remove(set.path(file));
    CHECK(read_cifar10(set.folder.path(), Split::test).size() == 3);
}

TEST_CASE("names of classes are read without what editors put around them") {
    const SmallSet set;
    const auto read = [&](const std::string& text) {
        test::write_text(set.path("batches.meta.txt"), text);
        return read_cifar10(set.folder.path(), Split::test).classes;
    };
    std::string lines, windows;
    std::vector<std::string> expected;
    for (const char* name : {"a", "b c", "d", "e", "f", "g", "h", "i", "j", "k"}) {
        expected.emplace_back(name);
        lines += to_text(name, '\n');
        windows += to_text(name, " \t\r\n");
    }
    CHECK(read(lines) == expected);
    CHECK(read("\xEF\xBB\xBF" + windows + " \r\n\r\n") == expected);
    const std::string where = test::at(set.path("batches.meta.txt"));
    CHECK_THROWS_WITH(read(std::string("\xFF\xFE"
                                       "a\0\n\0",
                                       6)),
                      where + "is a text in UTF-16, expected names of classes; save it in UTF-8");
    CHECK_THROWS_WITH(read("cat\ndog\ncat\n"), where + "line 3 names cat again, as line 1");
    CHECK_THROWS_WITH(read("cat\n\ndog\n"), where + "line 2 is not a printable class name in UTF-8");
}

TEST_CASE("a set two folders down is found") {
    const test::TemporaryFolder folder;
    const Dataset set = make_synthetic({.train_samples = 5}, Split::train);
    write_cifar10(folder / "a" / "cifar-10-batches-bin", set, set);
    CHECK(read_dataset(folder.path(), Split::train).size() == 5);
    write_cifar10(folder / "b" / "set", set, set);
    CHECK_THROWS_WITH(read_dataset(folder.path(), Split::train),
                      test::at(folder.path()) +
                          "has several folders with data sets, name one: " + "a/cifar-10-batches-bin, b/set");
}

TEST_CASE("a set that the layout cannot hold is refused before anything is made") {
    const test::TemporaryFolder folder;
    const auto check = [&](const std::function<void(Dataset&)>& change, const std::string& message) {
        Dataset set = make_synthetic({.train_samples = 5}, Split::train);
        const Dataset tests = set;
        change(set);
        CHECK_THROWS_WITH(write_cifar10(folder / "set", set, tests), test::at(folder / "set") + message);
        CHECK_FALSE(std::filesystem::exists(folder / "set"));
    };
    check(
        [](Dataset& set) {
            set.targets = Tensor::from<std::int32_t>({5}, {0, 1, 2, 3, 300});
        },
        "takes labels from 0 to 9, got 300");
    check(
        [](Dataset& set) {
            set.samples = Tensor::zeros({5, 64, 64, 3}, DType::uint8);
        },
        "takes images of (32,32,3), got (64,64,3)");
    check([](Dataset& set) { set.classes[3] = "two\nlines"; },
          "takes names of classes that are one line, got \"two\nlines\"");
    check([](Dataset& set) { set.classes = numbered_classes(257); },
          "takes 1 to 256 classes, the same for training and tests, got 257");
    const Dataset set = make_synthetic({.train_samples = 5}, Split::train);
    CHECK_THROWS_WITH(write_cifar10(".", set, set), "[.] cannot be replaced as a whole; name a folder in it");
}

TEST_CASE("a set is written as a whole into a folder of its own") {
    const test::TemporaryFolder folder;
    const Dataset set = make_synthetic({.train_samples = 5}, Split::train);
    write_cifar10(folder / "set/", set, set);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
    CHECK(std::distance(std::filesystem::directory_iterator(folder / "set"), {}) == 7);
    CHECK_THROWS_WITH(
        write_cifar10(folder / "set", set, set),
        test::at(folder / "set") + "exists and is not empty; name a folder that does not exist yet");
    test::write_text(folder / "file", "kept");
    CHECK_THROWS_WITH(write_cifar10(folder / "file", set, set),
                      test::at(folder / "file") + "exists and is not a directory");
    CHECK(test::read_text(folder / "file") == "kept");
    CHECK_THROWS_WITH(write_cifar10(folder / "file" / "set", set, set),
                      Catch::StartsWith(test::at(folder / "file" / "set") + "cannot be made: "));
}

TEST_CASE("files are listed with their samples") {
    const SmallSet set;
    const std::vector<FileSamples> list = kCifar10Format.list(set.folder.path());
    REQUIRE(list.size() == 6);
    CHECK(list[0].file == "data_batch_1.bin");
    CHECK(list[4].samples == 4);
    CHECK(list[5].file == "test_batch.bin");
    CHECK(list[5].samples == 3);
    std::filesystem::remove(set.folder / "data_batch_2.bin");
    CHECK_THROWS_WITH(kCifar10Format.list(set.folder.path()),
                      test::at(set.folder.path()) + "is not the complete set, missing: data_batch_2.bin");
}
