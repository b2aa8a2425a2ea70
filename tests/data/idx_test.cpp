// The IDX reader maps images, names classes by the training labels, and says what is wrong with a file.
#include "tern/data/idx.hpp"

#include <algorithm>

#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

std::string idx_file(const std::vector<std::uint32_t>& sizes, const std::string& elements, char type = 8) {
    std::string text{'\0', '\0', type, static_cast<char>(sizes.size())};
    for (const std::uint32_t size : sizes)
        for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift);
    return text + elements;
}

std::string counted(int elements) {
    std::string text;
    for (int i = 0; i < elements; ++i) text += static_cast<char>(i * 5 + 250);
    return text;
}

// Four training images of 3 x 2 and two test images; labels up to 9.
struct SmallSet {
    SmallSet() {
        write("train-images-idx3-ubyte", idx_file({4, 3, 2}, counted(24)));
        write("train-labels-idx1-ubyte", idx_file({4}, {3, 9, 0, 1}));
        write("t10k-images-idx3-ubyte", idx_file({2, 3, 2}, counted(12)));
        write("t10k-labels-idx1-ubyte", idx_file({2}, {7, 2}));
    }

    std::string where(const std::string& file) const { return test::at(folder / file); }
    void write(const std::string& file, const std::string& text) const {
        test::write_text(folder / file, text);
    }
    void rename(const std::string& from, const std::string& to) const {
        std::filesystem::rename(folder / from, folder / to);
    }
    Dataset read(Split split = Split::train) const { return read_dataset(folder.path(), split); }

    test::TemporaryFolder folder;
};

const std::vector<std::string> kDigits{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

}  // namespace

TEST_CASE("IDX files are read as images of one channel") {
    const SmallSet set;
    const Dataset train = set.read(), tests = set.read(Split::test);
    CHECK(train.samples.shape() == Shape{4, 3, 2, 1});
    CHECK(tests.samples.shape() == Shape{2, 3, 2, 1});
    CHECK(train.source == set.folder.path().string());
    check_labelled_images("train", train);
    for (int i = 0; i < 24; ++i) {
        INFO("element " << i);
        CHECK(train.samples.data<std::uint8_t>()[i] == static_cast<std::uint8_t>(i * 5 + 250));
    }
    CHECK(std::ranges::equal(train.targets.elements<std::int32_t>(), std::vector{3, 9, 0, 1}));
    CHECK(std::ranges::equal(tests.targets.elements<std::int32_t>(), std::vector{7, 2}));
    CHECK(train.classes == kDigits);
    CHECK(tests.classes == kDigits);
}

TEST_CASE("IDX labels are named up to the largest one of the training files") {
    const SmallSet set;
    set.write("t10k-labels-idx1-ubyte", idx_file({2}, {7, 10}));
    CHECK_THROWS_WITH(set.read(Split::test), set.where("t10k-labels-idx1-ubyte") +
                                                 "has label 10, expected 0 to 9, as train-labels-idx1-ubyte");
    std::filesystem::remove(set.folder / "train-labels-idx1-ubyte");
    CHECK(set.read(Split::test).class_count() == 11);
    set.write("t10k-labels-idx1-ubyte", idx_file({2}, std::string(2, '\0')));
    CHECK(set.read(Split::test).classes == std::vector<std::string>{"0"});
    set.write("t10k-labels-idx1-ubyte", idx_file({2}, "\xFF\x01"));
    CHECK(set.read(Split::test).class_count() == 256);
}

TEST_CASE("IDX files have a dot or a dash in their names") {
    const SmallSet set;
    for (const char* stem : {"train-images", "t10k-images"})
        set.rename(to_text(stem, "-idx3-ubyte"), to_text(stem, ".idx3-ubyte"));
    set.rename("train-labels-idx1-ubyte", "train-labels.idx1-ubyte");
    CHECK(set.read().size() == 4);
    CHECK(set.read(Split::test).size() == 2);
    CHECK(kIdxFormat.list(set.folder.path())[0].file == "train-images.idx3-ubyte");
    set.write("train-images-idx3-ubyte", "");
    CHECK_THROWS_WITH(set.read(),
                      test::at(set.folder.path()) +
                          "holds train-images-idx3-ubyte and train-images.idx3-ubyte, expected one of them");
}

TEST_CASE("an IDX file whose header is not one is named") {
    const SmallSet set;
    const auto check = [&](const std::string& file, const std::string& text, const std::string& rule) {
        const std::string whole = test::read_text(set.folder / file);
        set.write(file, text);
        CHECK_THROWS_WITH(set.read(), set.where(file) + rule);
        CHECK_THROWS_WITH(kIdxFormat.list(set.folder.path()), set.where(file) + rule);
        set.write(file, whole);
    };
    const std::string images = "train-images-idx3-ubyte", labels = "train-labels-idx1-ubyte";
    check(images, "", "is empty, expected an IDX file");
    check(images, std::string("\0\0\x08", 3),
          "begins with the bytes 0 0 8, expected 0 0 8 3, the mark of an IDX file of bytes with 3 sizes");
    check(images, idx_file({4}, {1, 2, 3, 4}),
          "begins with the bytes 0 0 8 1, expected 0 0 8 3, the mark of an IDX file of bytes with 3 sizes");
    check(labels, idx_file({4, 3, 2}, counted(24)),
          "begins with the bytes 0 0 8 3, expected 0 0 8 1, the mark of an IDX file of bytes with 1 size");
    check(images, idx_file({4, 3, 2}, counted(24 * 4), 13),
          "begins with the bytes 0 0 13 3, expected 0 0 8 3, the mark of an IDX file of bytes with 3 sizes");
    check(images, "\x1F\x8B\x08",
          "is a gzip archive, expected an IDX file; unpack it and name what is in it");
    check(images, idx_file({4, 3}, "").replace(3, 1, 1, 3), "has 12 bytes, fewer than the 16 of its header");
    check(labels, idx_file({}, "").replace(3, 1, 1, 1), "has 4 bytes, fewer than the 8 of its header");
}

TEST_CASE("an IDX file whose sizes are not those of its bytes is named") {
    const SmallSet set;
    const auto check = [&](const std::string& file, const std::string& text, const std::string& rule) {
        const std::string whole = test::read_text(set.folder / file);
        set.write(file, text);
        CHECK_THROWS_WITH(set.read(), set.where(file) + rule);
        set.write(file, whole);
    };
    const std::string images = "train-images-idx3-ubyte", labels = "train-labels-idx1-ubyte";
    check(images, idx_file({4, 3, 2}, counted(23)), "has 23 bytes after its header, which says 4 x 3 x 2");
    check(images, idx_file({4, 3, 2}, counted(25)), "has 25 bytes after its header, which says 4 x 3 x 2");
    check(labels, idx_file({4}, {1, 2, 3}), "has 3 bytes after its header, which says 4");
    check(images, idx_file({0, 3, 2}, ""), "holds no element: its header says 0 x 3 x 2");
    check(labels, idx_file({0}, ""), "holds no element: its header says 0");
    // 2^96, and 2^64, which is 0 in 64 bits.
    check(images, idx_file({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, counted(1)),
          "has 1 bytes after its header, which says 4294967295 x 4294967295 x 4294967295");
    check(images, idx_file({0x80000000, 0x80000000, 4}, ""),
          "has 0 bytes after its header, which says 2147483648 x 2147483648 x 4");
}

TEST_CASE("IDX files hold as many labels as images") {
    const SmallSet set;
    set.write("train-labels-idx1-ubyte", idx_file({3}, {0, 1, 2}));
    CHECK_THROWS_WITH(set.read(), set.where("train-images-idx3-ubyte") +
                                      "holds 4 images, but train-labels-idx1-ubyte 3 labels");
}

TEST_CASE("the files of one split of an IDX set suffice for it, both of them") {
    const SmallSet set;
    const auto list = [&] { return kIdxFormat.list(set.folder.path()); };
    REQUIRE(list().size() == 2);
    CHECK(list()[0].file == "train-images-idx3-ubyte");
    CHECK(list()[0].samples == 4);
    CHECK(list()[1].file == "t10k-images-idx3-ubyte");
    CHECK(list()[1].samples == 2);
    set.rename("t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte.gz");
    const std::string folder = set.folder.path().string();
    const std::string missing = test::at(folder) + "is not the complete set, missing: t10k-labels-idx1-ubyte";
    const std::string advice = "; gunzip " + folder + "/t10k-labels-idx1-ubyte.gz unpacks it";
    CHECK_THROWS_WITH(set.read(Split::test), missing + advice);
    CHECK_THROWS_WITH(list(), missing + advice);
    std::filesystem::remove(set.folder / "t10k-labels-idx1-ubyte.gz");
    CHECK_THROWS_WITH(set.read(Split::test), missing);
    std::filesystem::remove(set.folder / "t10k-images-idx3-ubyte");
    CHECK(list()[1].samples == 0);
    CHECK(set.read().size() == 4);
    CHECK_THROWS_WITH(set.read(Split::test),
                      test::at(folder) + "is not the complete set, missing: t10k-images-idx3-ubyte");
}

TEST_CASE("an IDX set is found in folders of other programs") {
    const SmallSet set;
    const std::filesystem::path folder = set.folder / "MNIST" / "raw";
    std::filesystem::create_directories(folder);
    for (const char* file : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                             "t10k-labels-idx1-ubyte"})
        std::filesystem::rename(set.folder / file, folder / file);
    CHECK(set.read().source == folder.string());
    CHECK(find_dataset(set.folder.path()).format->name == kIdxFormat.name);
}

TEST_CASE("sets in two layouts in one folder are refused, and coarse labels where there are none") {
    const SmallSet set;
    CHECK_THROWS_WITH(read_dataset(set.folder.path(), Split::train, {.labels = LabelKind::coarse}),
                      test::at(set.folder.path()) +
                          "holds IDX files, as of MNIST, which have no coarse labels, as only CIFAR-100 has");
    set.write("train.bin", std::string(3074, '\0'));
    CHECK_THROWS_WITH(set.read(),
                      test::at(set.folder.path()) +
                          "holds CIFAR-100's binary files and IDX files, as of MNIST, expected one set");
}
