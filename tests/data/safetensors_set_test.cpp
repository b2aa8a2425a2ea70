// A safetensors file for each split: what is written is read, mapped, and every broken file is named.
#include "tern/data/safetensors_set.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>

#include <sys/resource.h>

#include "tern/data/synthetic.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/memory_limit.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

Dataset small_images() {
    Dataset set{Tensor::empty({6, 4, 5, 3}, DType::uint8),
                Tensor::from<std::int32_t>({6}, {0, 2, 1, 1, 0, 2}),
                {"a", "b c", "\xE7\x8C\xAB"}};
    for (std::int64_t i = 0; i < set.samples.numel(); ++i)
        set.samples.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i);
    return set;
}

Dataset small_table() {
    return {Tensor::from({3, 2}, {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f}),
            Tensor::from({3, 1}, {3.0f, 7.0f, 11.0f})};
}

template <class T>
bool equal(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && std::ranges::equal(a.elements<T>(), b.elements<T>());
}

struct SetFolder {
    test::TemporaryFolder folder;
    std::filesystem::path train = folder / "train.safetensors", test = folder / "test.safetensors";

    void write(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata = {}) const {
        write_safetensors(train, {tensors, metadata});
    }
    Dataset read(Split split = Split::train) const { return read_dataset(folder.path(), split); }
    void check_error(const NamedTensors& tensors, const std::string& message,
                     const std::map<std::string, std::string>& metadata = {}) const {
        write(tensors, metadata);
        CHECK_THROWS_WITH(read(), test::at(train) + message);
    }
};

Tensor bytes(const Shape& shape) { return Tensor::zeros(shape, DType::uint8); }
Tensor labels(std::vector<std::int64_t> values) { return Tensor::from({std::ssize(values)}, values); }

}  // namespace

TEST_CASE("images and tables are read back as they were written") {
    const test::TemporaryFolder folder;
    const Dataset images = small_images(), table = small_table();
    write_safetensors_set(folder / "images", images, images.slice(1, 4));
    write_safetensors_set(folder / "table", table, table.slice(0, 1));
    const Dataset train = read_dataset(folder / "images", Split::train),
                  tests = read_dataset(folder / "images", Split::test);
    CHECK(equal<std::uint8_t>(train.samples, images.samples));
    CHECK(equal<std::int32_t>(train.targets, images.targets));
    CHECK(train.classes == images.classes);
    CHECK(tests.size() == 3);
    CHECK(equal<std::uint8_t>(tests.samples, images.samples.slice(1, 4)));
    CHECK(train.source == (folder / "images").string());
    const Dataset numbers = read_dataset(folder / "table", Split::train);
    CHECK(equal<float>(numbers.samples, table.samples));
    CHECK(equal<float>(numbers.targets, table.targets));
    CHECK(numbers.classes.empty());
}

TEST_CASE("files of another program need neither names nor one type of labels") {
    const SetFolder set;
    set.write({{"images", bytes({3, 2, 2})}, {"labels", labels({0, 3, 1})}, {"more", Tensor::zeros({1})}});
    CHECK((set.read().samples.shape() == Shape{3, 2, 2, 1}));
    CHECK((set.read().classes == std::vector<std::string>{"class 0", "class 1", "class 2", "class 3"}));
    // The tests have the classes of the training samples, whatever is in them.
    write_safetensors(set.test, {{{"images", bytes({1, 2, 2})}, {"labels", bytes({1})}}, {}});
    CHECK(set.read(Split::test).class_count() == 4);
    write_safetensors(set.test, {{{"images", bytes({1, 2, 2})}, {"labels", labels({4})}}, {}});
    CHECK_THROWS_WITH(set.read(Split::test),
                      test::at(set.test) + "has label 4, expected 0 to 3, as there are 4 classes");
    std::filesystem::remove(set.train);
    CHECK(set.read(Split::test).class_count() == 5);
    CHECK_THROWS_WITH(set.read(Split::train), test::at(set.train) + "no such file");
}

TEST_CASE("sets that do not fit are named with their rule") {
    const SetFolder set;
    const Tensor images = bytes({2, 2, 2, 3}), two = labels({0, 1});
    set.check_error({{"labels", two}}, "holds no tensor named images or features");
    set.check_error({{"images", images}}, "holds no tensor named labels or targets");
    set.check_error({{"images", images}, {"features", Tensor::zeros({2, 3})}, {"labels", two}},
                    "holds images and features, expected one of them");
    set.check_error({{"images", Tensor::zeros({2, 2, 2, 3})}, {"labels", two}},
                    "images must be uint8 (R, H, W, C) or (R, H, W), got float32 (2,2,2,3) on cpu");
    set.check_error({{"features", bytes({2, 3})}, {"labels", two}},
                    "features must be float32 (R, ...), got uint8 (2,3) on cpu");
    set.check_error({{"images", images}, {"targets", two}},
                    "targets must be float32 (R, ...), got int64 (2) on cpu");
    set.check_error({{"images", images}, {"labels", Tensor::zeros({2})}},
                    "labels must be int64, int32 or uint8 (R), got float32 (2) on cpu");
    set.check_error({{"images", images}, {"labels", labels({0, 1, 1})}}, "holds 2 samples, but 3 labels");
    set.check_error({{"images", images}, {"labels", labels({0, 1000})}},
                    "sample 1 has label 1000, expected 0 to 999");
    set.check_error({{"images", images}, {"labels", labels({0, -1})}},
                    "sample 1 has label -1, expected 0 to 999");
    set.check_error({{"images", bytes({0, 2, 2, 3})}, {"labels", labels({})}},
                    "holds no sample: uint8 (0,2,2,3) on cpu");
    set.check_error({{"images", images}, {"labels", two}},
                    "has label 1, expected 0 to 0, as there are 1 classes", {{"classes", "[\"one\"]"}});
    for (const char* text : {"one", "[1, 2]", "{}", "[\"a\""})
        set.check_error({{"images", images}, {"labels", two}},
                        "its metadata has classes that are not a JSON array of names", {{"classes", text}});
    set.check_error({{"images", images}, {"labels", two}}, "takes names of classes that differ",
                    {{"classes", "[\"a\", \"a\"]"}});
    set.check_error({{"images", images}, {"targets", Tensor::zeros({2})}},
                    "names 1 classes, but has targets and no labels", {{"classes", "[\"a\"]"}});
}

TEST_CASE("sets that do not fit each other are not written") {
    const test::TemporaryFolder folder;
    const Dataset set = small_images();
    const auto check = [&](const std::function<void(Dataset&)>& change, const std::string& message) {
        Dataset other = set;
        change(other);
        CHECK_THROWS_WITH(write_safetensors_set(folder / "set", set, other),
                          test::at(folder / "set") + message);
        CHECK_FALSE(std::filesystem::exists(folder / "set"));
    };
    check(
        [](Dataset& other) {
            other.samples = bytes({6, 4, 4, 3});
        },
        "takes samples of one shape and type, got uint8 (6,4,5,3) on cpu and uint8 (6,4,4,3) on cpu");
    check([](Dataset& other) { other.classes.emplace_back("d"); },
          "takes the same classes for training and tests, got 3 and 4");
    check(
        [](Dataset& other) {
            other.targets = Tensor::zeros({6});
            other.classes.clear();
        },
        "takes targets of one shape and type, got int32 (6) on cpu and float32 (6) on cpu");
}

TEST_CASE("a mapped set is not read: it may be larger than memory") {
    if (!test::kMemoryLimits) return;
    // A gigabyte of zeros that takes no place on the disk, under a limit of 64 MiB for what the process writes.
    constexpr std::int64_t kSamples = 1 << 20, kSide = 32;
    const SetFolder set;
    const std::int64_t bytes_of_images = kSamples * kSide * kSide, bytes_of_labels = kSamples;
    const std::string text =
        to_text(R"({"labels":{"dtype":"U8","shape":[)", kSamples, R"(],"data_offsets":[0,)", bytes_of_labels,
                R"(]},"images":{"dtype":"U8","shape":[)", kSamples, ',', kSide, ',', kSide,
                R"(],"data_offsets":[)", bytes_of_labels, ',', bytes_of_labels + bytes_of_images, "]}}");
    std::string beginning;
    for (int i = 0; i < 8; ++i) beginning += static_cast<char>(text.size() >> (8 * i));
    test::write_text(set.train, beginning + text);
    std::filesystem::resize_file(
        set.train,
        beginning.size() + text.size() + static_cast<std::uintmax_t>(bytes_of_labels + bytes_of_images));
    rlimit before{};
    ::getrlimit(RLIMIT_DATA, &before);
    const auto used = [] {  // of data, which mapped files are not
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("VmData:")) return std::stoll(line.substr(7)) * 1024;
        return 0LL;
    }();
    REQUIRE(used > 0);
    const rlimit limit{static_cast<rlim_t>(used + (64 << 20)), before.rlim_max};
    ::setrlimit(RLIMIT_DATA, &limit);
    const Dataset read = set.read();
    CHECK(read.size() == kSamples);
    CHECK((read.sample_shape() == Shape{kSide, kSide, 1}));
    CHECK(read.samples.data<std::uint8_t>()[bytes_of_images - 1] == 0);
    ::setrlimit(RLIMIT_DATA, &before);
}
