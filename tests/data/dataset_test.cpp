// Sets know what they hold, and are found in folders.
#include "tern/data/cifar10.hpp"
#include "tern/data/dataset_format.hpp"
#include "tern/data/safetensors_set.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

TEST_CASE("a set says what it holds") {
    const Dataset images = make_synthetic({.train_samples = 5}, Split::train);
    CHECK(images.has_images());
    CHECK(images.has_labels());
    CHECK((images.sample_shape() == Shape{32, 32, 3}));
    const Dataset table{Tensor::zeros({4, 7}), Tensor::zeros({4})};
    CHECK_FALSE(table.has_images());
    CHECK_FALSE(table.has_labels());
    CHECK((table.sample_shape() == Shape{7}));
    CHECK((table.slice(1, 3).samples.shape() == Shape{2, 7}));
    check_dataset("here", images);
    check_dataset("here", table);
    CHECK_THROWS_WITH(check_labelled_images("here", table),
                      "[here] takes images with labels, got float32 (4,7) on cpu with float32 (4) on cpu");
    CHECK_THROWS_WITH(check_dataset("here", {}), "[here] takes samples and targets, got none");
}

TEST_CASE("a set is found in any layout, and named where there are several") {
    const test::TemporaryFolder folder;
    const Dataset set = make_synthetic({.train_samples = 5, .test_samples = 1}, Split::train);
    write_safetensors_set(folder / "a" / "own", set, set);
    CHECK(read_dataset(folder.path(), Split::train).source == (folder / "a" / "own").string());
    write_cifar10(folder / "a" / "cifar", set, set);
    CHECK_THROWS_WITH(read_dataset(folder / "a", Split::train),
                      test::at(folder / "a") + "has several folders with data sets, name one: cifar, own");
    CHECK(find_dataset(folder / "a" / "cifar").format->name == "CIFAR-10's binary files");
    for (const char* split : {"train.safetensors", "test.safetensors"})
        std::filesystem::copy(folder / "a" / "own" / split, folder / "a" / "cifar" / split);
    CHECK_THROWS_WITH(read_dataset(folder / "a" / "cifar", Split::train),
                      test::at(folder / "a" / "cifar") +
                          "holds CIFAR-10's binary files and safetensors files, expected one set");
    std::filesystem::create_directory(folder / "empty");
    CHECK_THROWS_WITH(
        read_dataset(folder / "empty", Split::train),
        Catch::StartsWith(test::at(folder / "empty") + "holds no data set, nor does a folder in it ("));
    CHECK_THROWS_WITH(read_dataset(folder / "none", Split::train),
                      test::at(folder / "none") + "no such folder");
}
