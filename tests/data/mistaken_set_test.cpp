// What is taken for a data set is said to be what it is.
#include "tern/data/mistaken_set.hpp"

#include "tern/data/dataset_format.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_images.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

struct Folders {
    // Of a folder with this one file, which is in it after the test.
    void check(const std::string& name, const std::string& file, const std::string& text,
               const std::string& rule) const {
        std::filesystem::create_directories(root / name);
        test::write_text(root / name / file, text);
        CHECK_THROWS_WITH(read_dataset(root / name, Split::train), test::at(root / name) + rule);
    }
    void check_file(const std::filesystem::path& file, const std::string& rule) const {
        CHECK_THROWS_WITH(read_dataset(file, Split::train), test::at(file) + rule);
    }

    test::TemporaryFolder root;
};

}  // namespace

TEST_CASE("other versions of CIFAR are told by their publisher's names") {
    const Folders folders;
    const std::string ten = " version of CIFAR-10, expected the binary one (cifar-10-binary.tar.gz)",
                      hundred = " version of CIFAR-100, expected the binary one (cifar-100-binary.tar.gz)";
    folders.check("python", "data_batch_1", "\x80\x02}", "holds the Python" + ten);
    folders.check("matlab", "data_batch_1.mat", "MATLAB", "holds the Matlab" + ten);
    for (const char* file : {"meta", "meta.mat"}) {
        const std::string name = to_text("hundred-", file);
        std::filesystem::create_directory(folders.root / name);
        test::write_text(folders.root / name / file, "");
    }
    folders.check("hundred-meta", "train", "\x80\x02}", "holds the Python" + hundred);
    folders.check("hundred-meta.mat", "test.mat", "", "holds the Matlab" + hundred);
}

TEST_CASE("an archive is told with the command that unpacks it") {
    const Folders folders;
    const auto path = [&](const std::string& folder, const std::string& file) {
        return (folders.root / folder / file).string();
    };
    const std::string zipped = path("tar", "cifar-10-binary.tar.gz"),
                      unpacks =
                          "tar -xf " + zipped + " -C " + (folders.root / "tar").string() + " unpacks it";
    folders.check("tar", "cifar-10-binary.tar.gz", "\x1F\x8B\x08",
                  "holds cifar-10-binary.tar.gz, which is a gzip archive still packed; " + unpacks);
    folders.check_file(zipped, "is a gzip archive, expected a folder; " + unpacks);
    const std::string images = path("digits", "train-images-idx3-ubyte.gz"),
                      gunzip = "gunzip " + images + " unpacks it";
    folders.check("digits", "train-images-idx3-ubyte.gz", "\x1F\x8B\x08",
                  "holds train-images-idx3-ubyte.gz, which is a gzip archive still packed; " + gunzip);
    folders.check_file(images, "is a gzip archive, expected a folder; " + gunzip);
    folders.check("zip", "set.zip", "PK\3\4",
                  "holds set.zip, which is a ZIP archive still packed; unzip " + path("zip", "set.zip") +
                      " -d " + (folders.root / "zip").string() + " unpacks it");
}

TEST_CASE("files of a set under other names are told the names") {
    const Folders folders;
    folders.check(
        "letters", "emnist-letters-train-images-idx3-ubyte", std::string("\0\0\x08\x03", 4),
        "holds emnist-letters-train-images-idx3-ubyte, an IDX file, as of MNIST, expected files of the "
        "names train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
        "t10k-labels-idx1-ubyte");
    folders.check("weights", "weights.safetensors", std::string("\2\0\0\0\0\0\0\0{}", 10),
                  "holds weights.safetensors, a safetensors file, expected files of the names "
                  "train.safetensors, test.safetensors");
    folders.check("arrays", "x.npy", "\x93NUMPY", "holds x.npy, a NumPy file, expected a data set");
}

TEST_CASE("images and runs are not sets") {
    const Folders folders;
    folders.check("images/cat", "a.png", test::make_png(2, 2, test::noise(2, 2)),
                  "holds images (a.png), expected a data set; folders of images, one for each class, can be "
                  "imported, or read as they are");
    CHECK_THROWS_WITH(read_dataset(folders.root / "images", Split::train),
                      Catch::EndsWith(" (found in cat)"));
    folders.check_file(folders.root / "images" / "cat" / "a.png",
                       "is a PNG image, expected a folder with a data set");
    std::filesystem::create_directories(folders.root / "run" / "checkpoints");
    folders.check("run", "config.toml", "", "holds a run of training, expected a data set");
}

TEST_CASE("a folder or a file of which nothing is known says what could be there") {
    const Folders folders;
    folders.check(
        "empty", "notes", "x\1",
        "holds no data set, nor does a folder in it (CIFAR-10's binary files: data_batch_1.bin to "
        "data_batch_5.bin, test_batch.bin; CIFAR-100's binary files: train.bin, test.bin; IDX files, as of "
        "MNIST: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
        "t10k-labels-idx1-ubyte; safetensors files: train.safetensors, test.safetensors)");
    folders.check_file(folders.root / "empty" / "notes", "is not a directory");
    for (const DatasetFormat& format : dataset_formats())
        for (const std::string& name : format.file_names()) {
            INFO(name);
            test::write_text(folders.root / name, "");
            folders.check_file(folders.root / name,
                               "is one file of a set, expected its folder: " + folders.root.path().string());
        }
}
