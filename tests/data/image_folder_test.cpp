// Folders of images become a set that is read back, and nothing is skipped in silence.
#include "tern/data/image_folder.hpp"

#include <algorithm>
#include <set>

#include <sys/stat.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/data/image.hpp"
#include "tern/data/safetensors_set.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_images.hpp"
#include "tern/tests/memory_limit.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

// Images of one colour each, told by their first byte: 10 of cat as PNG, 10 of dog as PPM.
struct Pets {
    Pets() {
        for (std::uint8_t i = 0; i < 10; ++i) {
            add("cat", to_text(char('a' + i), ".png"),
                test::make_png(40, 32, test::filled(40, 32, {i, 1, 2})));
            const auto red = static_cast<std::uint8_t>(100 + i);
            add("dog", to_text(char('a' + i), ".ppm"),
                test::make_ppm(32, 32, test::filled(32, 32, {red, 1, 2})));
        }
    }
    std::filesystem::path add(const std::string& name, const std::string& file,
                              const std::string& text) const {
        std::filesystem::create_directories(folder / name);
        test::write_text(folder / name / file, text);
        return folder / name / file;
    }
    ImageFolder read(const ImageFolderOptions& options = {}) const {
        return read_image_folder(folder.path(), options);
    }
    test::TemporaryFolder folder;
};

// The first bytes of the samples.
std::vector<int> reds(const Dataset& data) {
    std::vector<int> found;
    for (std::int64_t i = 0; i < data.size(); ++i)
        found.push_back(data.samples.data<std::uint8_t>()[i * data.sample_shape().numel()]);
    return found;
}

void check_labels(const Dataset& data) {
    const std::vector<int> colours = reds(data);
    for (std::size_t i = 0; i < colours.size(); ++i)
        CHECK(data.targets.data<std::int32_t>()[i] == (colours[i] >= 100 ? 1 : 0));
}

}  // namespace

TEST_CASE("every image becomes a sample of its folder's class, in one of the splits") {
    const Pets pets;
    const ImageFolder read = pets.read();
    CHECK((read.train.classes == std::vector<std::string>{"cat", "dog"}));
    CHECK(read.train.size() == 16);
    CHECK(read.test.size() == 4);
    CHECK(read.notes.empty());
    CHECK(read.failures.empty());
    CHECK(read.duplicates.empty());
    CHECK(read.empty_classes.empty());
    check_labels(read.train);
    check_labels(read.test);
    std::vector<int> all = reds(read.train), tests = reds(read.test);
    all.insert(all.end(), tests.begin(), tests.end());
    std::ranges::sort(all);
    std::vector<int> expected;
    for (int i = 0; i < 10; ++i) expected.push_back(i);
    for (int i = 100; i < 110; ++i) expected.push_back(i);
    CHECK(all == expected);
    // A sample is the fitted image.
    const auto pixels = read.train.samples.slice(0, 1).elements<std::uint8_t>();
    CHECK((pixels[3069] == pixels[0] && pixels[1] == 1 && pixels[3071] == 2));
}

TEST_CASE("the seed decides, threads do not") {
    const Pets pets;
    const std::vector<int> first = reds(pets.read({.seed = 3}).train);
    const int threads = num_threads();
    set_num_threads(4);
    CHECK(reds(pets.read({.seed = 3}).train) == first);
    set_num_threads(threads);
    CHECK(reds(pets.read({.seed = 4}).train) != first);
    CHECK_FALSE(std::ranges::is_sorted(first));
}

TEST_CASE("an image more or less moves at most one other between the splits") {
    const Pets pets;
    const auto names = [&](const Dataset& set) {
        std::set<std::string> all;
        for (std::int64_t i = 0; i < set.size(); ++i) all.insert(set.reader->name(i));
        return all;
    };
    const auto tests = [&] { return names(pets.read({.seed = 5, .stay_on_disk = true}).test); };
    std::set<std::string> before = tests();
    for (int i = 0; i < 20; ++i) {
        INFO("image " << i);
        const std::string name = i % 2 == 0 ? to_text("0", i, ".ppm") : to_text("z", i, ".ppm");
        const auto red = static_cast<std::uint8_t>(150 + i);
        pets.add("dog", name, test::make_ppm(32, 32, test::filled(32, 32, {red, 1, 2})));
        const std::set<std::string> after = tests();
        std::vector<std::string> left, come;
        std::ranges::set_difference(before, after, std::back_inserter(left));
        std::ranges::set_difference(after, before, std::back_inserter(come));
        CHECK(left.size() <= 1);
        CHECK(come.size() <= 1);
        for (const std::string& moved : left) CHECK(moved.starts_with("dog/"));
        before = after;
    }
    std::filesystem::remove(pets.folder / "cat" / "a.png");
    const std::set<std::string> after = tests();
    for (const std::string& name : before)
        if (name.starts_with("dog/")) CHECK(after.contains(name));
}

TEST_CASE("a share of each class becomes tests") {
    const Pets pets;
    const ImageFolder half = pets.read({.test_fraction = 0.5});
    CHECK(half.train.size() == 10);
    CHECK(std::ranges::count_if(reds(half.test), [](int red) { return red < 100; }) == 5);
    CHECK_THROWS_WITH(pets.read({.test_fraction = 0.99}),
                      test::at(pets.folder.path()) +
                          "gives 0 training and 20 test samples, at least one of each is needed");
    CHECK_THROWS_WITH(
        pets.read({.test_fraction = 1}),
        test::at(pets.folder.path()) + "the fraction of tests must be above 0 and below 1, got 1");
    CHECK_THROWS_WITH(pets.read({.test_fraction = 0.001}),
                      test::at(pets.folder.path()) +
                          "gives 20 training and 0 test samples, at least one of each is needed");
}

TEST_CASE("images of equal pixels are told, and left out or kept") {
    const Pets pets;
    const auto copy = pets.add("cat", "z.png", test::make_png(40, 32, test::filled(40, 32, {3, 1, 2})));
    const auto other = pets.add("dog", "0.png", test::make_png(32, 32, test::filled(32, 32, {105, 1, 2})));
    const ImageFolder read = pets.read();
    REQUIRE(read.duplicates.size() == 2);
    CHECK(read.duplicates[0].file == copy.string());
    CHECK(read.duplicates[0].first == (pets.folder / "cat" / "d.png").string());
    CHECK(read.duplicates[1].file == (pets.folder / "dog" / "f.ppm").string());
    CHECK(read.duplicates[1].first == other.string());
    CHECK(read.train.size() + read.test.size() == 20);
    const ImageFolder kept = pets.read({.keep_duplicates = true});
    CHECK(kept.duplicates.size() == 2);
    CHECK(kept.train.size() + kept.test.size() == 22);
    // Another size is another image.
    pets.add("cat", "y.png", test::make_png(41, 32, test::filled(41, 32, {3, 1, 2})));
    CHECK(pets.read().duplicates.size() == 2);
}

TEST_CASE("what is not an image is listed, empty folders are not classes") {
    const Pets pets;
    std::filesystem::create_directories(pets.folder / "ant");
    std::filesystem::create_directories(pets.folder / "cat" / "more");
    std::filesystem::create_directories(pets.folder / ".hidden");
    test::write_text(pets.folder / "readme.txt", "beside the folders");
    pets.add("cat", ".DS_Store", "hidden");
    pets.add("bee", "notes.txt", "no image");
    const auto cut = pets.add("dog", "cut.png", test::make_png(9, 9, test::noise(9, 9)).substr(0, 100));
    const ImageFolder read = pets.read();
    CHECK((read.train.classes == std::vector<std::string>{"cat", "dog"}));
    CHECK((read.empty_classes == std::vector<std::string>{"ant", "bee"}));
    check_labels(read.train);
    CHECK((read.failures ==
           std::vector{test::at(cut) + "is not a complete PNG image: the file ends too early"}));
    CHECK(read.other_files == 1);
}

TEST_CASE("folders of splits keep their splits") {
    const test::TemporaryFolder folder;
    const auto add = [&](const std::string& name, int red) {
        const auto value = static_cast<std::uint8_t>(red);
        std::filesystem::create_directories(folder / name);
        test::write_text(folder / name / (std::to_string(red) + ".ppm"),
                         test::make_ppm(2, 2, test::filled(2, 2, {value, 1, 2})));
    };
    for (int i = 0; i < 4; ++i) {
        add("set/train/cat", i);
        add("set/train/dog", 100 + i);
        add("set/Test/cat", 50 + i);
    }
    add("set/train/dog/puppies", 110);
    const auto check = [&](const std::string& last_note) {
        const ImageFolder read = read_image_folder(folder.path(), {});
        CHECK(read.has_splits);
        std::vector<int> train = reds(read.train), tests = reds(read.test);
        std::ranges::sort(train);
        std::ranges::sort(tests);
        CHECK((train == std::vector{0, 1, 2, 3, 100, 101, 102, 103, 110}));
        CHECK((tests == std::vector{50, 51, 52, 53}));
        CHECK((read.train.classes == std::vector<std::string>{"cat", "dog"}));
        REQUIRE(!read.notes.empty());
        CHECK(read.notes.back() == last_note);
        return read.notes;
    };
    const std::string none = "class dog has no test sample";
    const std::vector<std::string> notes = check(none);
    REQUIRE(notes.size() == 4);
    CHECK(notes[0] == "the folders in " + (folder / "set").string() + " are taken, the only one there");
    CHECK(notes[1] == "images in folders within a class's, which count as that class's: 1");
    CHECK(notes[2] == "the splits are those of the folders: train to train on, Test for tests");
    add("set/val/cat", 200);
    CHECK(check(none)[3] ==
          (folder / "set" / "val").string() + " was left out with its 1 files: a set has two splits");
    std::filesystem::remove_all(folder / "set" / "val");
    std::filesystem::rename(folder / "set" / "Test", folder / "set" / "valid");
    check(none);
    add("set/more/cat", 201);
    CHECK_THROWS_WITH(
        read_image_folder(folder.path(), {}),
        test::at(folder / "set") +
            "has folders of splits beside others (more): import one of them, or move them apart");
    std::filesystem::remove_all(folder / "set" / "more");
    std::filesystem::remove_all(folder / "set" / "valid");
    add("set/test", 7);
    CHECK_THROWS_WITH(read_image_folder(folder.path(), {}),
                      test::at(folder / "set" / "test") +
                          "has no folders of classes, so its images have no labels; import " +
                          (folder / "set" / "train").string() + " alone, of which a share becomes tests");
}

TEST_CASE("classes may be called train and test") {
    const Pets pets;
    std::filesystem::rename(pets.folder / "cat", pets.folder / "test");
    std::filesystem::rename(pets.folder / "dog", pets.folder / "train");
    CHECK((pets.read().train.classes == std::vector<std::string>{"test", "train"}));
}

TEST_CASE("folders within a class's, links and what systems leave behind") {
    const Pets pets;
    pets.add("cat/more/yet", "z.ppm", test::make_ppm(2, 2, test::filled(2, 2, {20, 1, 2})));
    pets.add("dog/__MACOSX", "x.png", "left behind");
    pets.add("@eaDir", "x.png", "left behind");
    pets.add("dog", "Thumbs.db", "left behind");
    test::write_text(pets.folder / "loose.png", "beside the folders");
    std::filesystem::create_directory_symlink(pets.folder / "cat", pets.folder / "cat" / "more" / "round");
    ::mkfifo((pets.folder / "dog" / "pipe.png").c_str(), 0600);
    const ImageFolder read = pets.read();
    CHECK(read.train.size() + read.test.size() == 21);
    CHECK(read.failures.empty());
    CHECK(read.other_files == 1);
    CHECK(
        (read.notes == std::vector<std::string>{
                           (pets.folder / "cat/more/round").string() + " is a link to a folder already taken",
                           (pets.folder / "dog/pipe.png").string() + " is not a regular file, skipped",
                           pets.folder.path().string() + " has images in no class's folder, left out: 1",
                           "images in folders within a class's, which count as that class's: 1"}));
    std::filesystem::create_symlink("nowhere", pets.folder / "dog" / "gone.png");
    CHECK((pets.read().failures == std::vector{test::at(pets.folder / "dog" / "gone.png") + "no such file"}));
}

TEST_CASE("small classes, names alike and numbers are told of") {
    const Pets pets;
    pets.add("Dog", "a.ppm", test::make_ppm(2, 2, test::filled(2, 2, {30, 1, 2})));
    const std::vector<std::string> notes = pets.read().notes;
    CHECK((notes == std::vector<std::string>{"the classes Dog and dog differ by the case of letters only",
                                             "class Dog has no test sample"}));
    std::filesystem::remove_all(pets.folder / "Dog");
    std::filesystem::rename(pets.folder / "cat", pets.folder / "10");
    std::filesystem::rename(pets.folder / "dog", pets.folder / "9");
    CHECK((pets.read().notes ==
           std::vector<std::string>{"classes are in the order of the bytes of their names: 10, 9, ..."}));
}

TEST_CASE("what memory cannot hold is listed like what is not an image") {
    const Pets pets;
    const auto sparse = pets.add("cat", "sparse.png", "\x89PNG\r\n\x1A\n");
    std::filesystem::resize_file(sparse, std::uintmax_t{1} << 40);  // takes no space
    const std::string rule =
        test::at(sparse) + "has 1099511627776 bytes, more than the 536870912 that are read as an image";
    CHECK((pets.read().failures == std::vector<std::string>{rule}));
    if (!test::kMemoryLimits) return;
    const auto large = pets.add("dog", "large.png", test::make_png_header(8192, 8192));
    const auto file = pets.add("dog", "large.ppm", "P6 8192 8000 255\n");
    std::filesystem::resize_file(file, 17 + 8192 * 8000 * 3);
    const test::MemoryLimit limit(96 << 20);
    const ImageFolder read = pets.read();
    REQUIRE(read.failures.size() == 3);
    CHECK(read.failures[0] == rule);
    CHECK(read.failures[1] == test::at(large) + "is an image for which there is not enough memory");
    CHECK(read.failures[2] == test::at(file) + "has 196608017 bytes, for which there is not enough memory");
    CHECK(read.train.size() + read.test.size() == 20);
}

TEST_CASE("folders that are not a set are refused") {
    const test::TemporaryFolder folder;
    const auto check = [&](const std::filesystem::path& path, const std::string& message) {
        CHECK_THROWS_WITH(read_image_folder(path, {}), test::at(path) + message);
    };
    check(folder / "none", "no such folder");
    test::write_text(folder / "file", "\x01");
    check(folder / "file", "is not a directory");
    test::write_text(folder / "photos.zip", "PK\3\4");
    check(folder / "photos.zip",
          "is a ZIP archive, expected a folder with one folder of images for each class; unpack it and name "
          "what is in it");
    check(folder.path(), "has no sub-folders, expected one for each class");
    test::write_text(folder / "test_batch.bin", "");
    check(folder.path(), "holds CIFAR-10's binary files, which are no images in files");
    std::filesystem::remove(folder / "test_batch.bin");
    std::filesystem::create_directory(folder / "a");
    check(folder.path(), "gives 0 training and 0 test samples, at least one of each is needed");
    test::write_text(folder / "a" / "b.png", "");
    check(folder.path(),
          "gives 0 training and 0 test samples, at least one of each is needed; the first image that cannot "
          "be read: " +
              test::at(folder / "a" / "b.png") + "is empty, expected an image");
    for (int i = 0; i < 1000; ++i) std::filesystem::create_directory(folder / std::to_string(i));
    check(folder.path(), "has 1001 sub-folders, at most 1000 classes fit");
    std::filesystem::create_directory(folder / "a\nb");
    CHECK_THROWS_WITH(read_image_folder(folder.path(), {}),
                      test::at(folder / "a\nb") + "is not a printable class name in UTF-8");
}

TEST_CASE("any number of images from 3 on gives a set that is read back, of any size") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directories(folder / "images" / "one");
    for (int count = 1; count <= 30; ++count) {
        const auto red = static_cast<std::uint8_t>(count);
        test::write_text(folder / "images" / "one" / (std::to_string(count) + ".ppm"),
                         test::make_ppm(2, 2, test::filled(2, 2, {red, 0, 0})));
        INFO(count << " images");
        if (count < 3) {  // a fifth of them rounds to no test
            CHECK_THROWS_AS(read_image_folder(folder / "images", {}), Error);
            continue;
        }
        const ImageFolder read = read_image_folder(folder / "images", {.size = count});
        const auto set = folder / to_text("set", count);
        write_safetensors_set(set, read.train, read.test);
        for (const auto& [split, made] :
             {std::pair(Split::train, read.train), std::pair(Split::test, read.test)}) {
            const Dataset again = read_dataset(set, split);
            CHECK((again.sample_shape() == Shape{count, count, 3}));
            CHECK(reds(again) == reds(made));
        }
        CHECK(read.train.size() + read.test.size() == count);
    }
}

TEST_CASE("progress counts files up to all of them") {
    const Pets pets;
    std::vector<std::int64_t> calls;
    read_image_folder(pets.folder.path(), {}, [&](std::int64_t done, std::int64_t total) {
        calls.push_back(done);
        CHECK(total == 20);
    });
    REQUIRE(!calls.empty());
    CHECK(calls.back() == 20);
}
