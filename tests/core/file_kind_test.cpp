// Files are told apart by their first bytes.
#include "tern/core/files/file_kind.hpp"

#include <vector>

#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;
using namespace std::string_literals;

namespace {

FileKind kind_of(const std::string& bytes) { return file_kind(std::as_bytes(std::span(bytes))); }
std::string named(const std::string& bytes) { return std::string(name_of(kind_of(bytes))); }

// The start of an archive whose first file has this name.
std::string zip(const std::string& name, const std::string& content = "") {
    return "PK\3\4"s + std::string(22, '\0') + static_cast<char>(name.size()) + std::string(3, '\0') + name +
           content;
}

std::string padded(std::string bytes, std::size_t size, char fill = '\0') {
    bytes.resize(size, fill);
    return bytes;
}

}  // namespace

TEST_CASE("weights of other programs are told by their first bytes") {
    CHECK(named("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.\x80\x02M"s) == "a PyTorch file");
    for (const char* name : {"archive/data.pkl", "model/data.pkl", "net/data/0", "net/version",
                             "net/byteorder", "net/.format_version"}) {
        CAPTURE(name);
        CHECK(named(zip(name)) == "a PyTorch file");
    }
    CHECK(named("\x80\x02}q\x01(U\x05"s) == "a Python pickle");
    CHECK(named("\x80\x03]q\0."s) == "a Python pickle");
    CHECK(named("\x80\x04\x95\x1A\0\0\0\0\0\0\0}\x94"s) == "a Python pickle");
    CHECK(named("\x80\x05\x95\x1A\0\0"s) == "a Python pickle");
    CHECK(named("(dp0\nVa\n"s) == "a Python pickle");
    CHECK(named("\x89HDF\r\n\x1A\n\0"s) == "an HDF5 file");
    CHECK(named(zip("metadata.json", "{\"keras_version\": \"3.3\"}")) == "a Keras file");
    CHECK(named("\x93NUMPY\1\0v\0"s) == "a NumPy file");
    CHECK(named(zip("conv1.weight.npy")) == "a NumPy archive");
    CHECK(named("\x08\x07\x12\x07pytorch\x1A\x05"s) == "an ONNX file");
    CHECK(named("\x08\x03:\xB2\x01"s) == "an ONNX file");
    CHECK(named("\x1C\0\0\0TFL3\0"s) == "a TensorFlow Lite file");
    CHECK(named("\x08\x01\x12\xF0\x03"s) == "a TensorFlow SavedModel");
    CHECK(named("\0\0\x0E\x08\x01\x1A\x02\x08\x01\x57\xFB\x80\x8B\x24\x75\x47\xDB"s) ==
          "a TensorFlow checkpoint");
    CHECK(named("GGUF\3\0\0\0"s) == "a GGUF file");
    CHECK(named("MATLAB 5.0 MAT-file, Platform"s) == "a MATLAB file");
}

TEST_CASE("safetensors come before all other kinds, whatever the length of their header") {
    CHECK(named("\x40\0\0\0\0\0\0\0{\"a\":"s) == "a safetensors file");
    CHECK(named("P6 \0\0\0\0\0{"s) == "a safetensors file");
    CHECK(named("\x1F\x8B\x08\0\0\0\0\0{"s) == "a safetensors file");
    CHECK(kind_of("\x40\0\0\0\0\0\0\0"s) == FileKind::unknown);
}

TEST_CASE("data sets, whole") {
    CHECK(named(padded("\x06", 3073, '\x7F')) == "a binary batch of CIFAR-10");
    CHECK(named(padded("\x06", 2 * 3073, '\x7F')) == "of an unknown format");  // the second label is 127
    CHECK(named(padded("\x13\x63", 3074, '\xFF')) == "a binary file of CIFAR-100");
    CHECK(named(padded("\x14\x63", 3074, '\xFF')) == "of an unknown format");
    CHECK(named("\0\0\x08\x03\0\0\xEA\x60"s) == "an IDX file, as of MNIST");
    CHECK(named("PAR1\x15\x04"s) == "a Parquet file");
    CHECK(named("ARROW1\0\0"s) == "an Arrow file");
}

TEST_CASE("images") {
    CHECK(named("\x89PNG\r\n\x1A\n"s) == "a PNG image");
    CHECK(named("\xFF\xD8\xFF\xE0"s) == "a JPEG image");
    CHECK(named("GIF89a\1\0"s) == "a GIF image");
    CHECK(named("BM\x36\x0C\0\0\0\0\0\0"s) == "a BMP image");
    CHECK(named("RIFF\x24\0\0\0WEBPVP8 "s) == "a WebP image");
    CHECK(named("II*\0\x08"s) == "a TIFF image");
    CHECK(named("MM\0*\0"s) == "a TIFF image");
    CHECK(named("\0\0\0\x18"
                "ftypheic"s) == "a HEIC image");
    CHECK(named("\0\0\0\x18"
                "ftypmif1"s) == "a HEIC image");
    CHECK(named("\0\0\0\x18"
                "ftypavif"s) == "an AVIF image");
    CHECK(named("\0\0\0\x0CJXL \r\n"s) == "a JPEG XL image");
    CHECK(named("\0\0\0\x0CjP  \r\n"s) == "a JPEG 2000 image");
    CHECK(named("\0\0\1\0\1\0"s) == "an ICO image");
    CHECK(named("8BPS\0\1"s) == "a Photoshop image");
    CHECK(named("P5\n# made by hand\n"s) == "a PPM or PGM image");
    CHECK(named("<?xml version=\"1.0\"?>\n<svg xmlns="s) == "an SVG drawing");
    CHECK(named("\0\0\0\x18"
                "ftypisom"s) == "a video");
    CHECK(named("RIFF\x24\0\0\0AVI LIST"s) == "a video");
    CHECK(named("\x1A\x45\xDF\xA3\x01"s) == "a video");
    CHECK(named("%PDF-1.7\n"s) == "a PDF document");
}

TEST_CASE("archives") {
    CHECK(named(zip("cats/1.png")) == "a ZIP archive");
    CHECK(named("PK\5\6"s) == "a ZIP archive");
    CHECK(named(padded(padded("cifar-10-batches-bin/", 257) + "ustar  ", 512)) == "a TAR archive");
    CHECK(named("\x1F\x8B\x08\0"s) == "a gzip archive");
    CHECK(named("BZh91AY"s) == "a bzip2 archive");
    CHECK(named("\xFD"
                "7zXZ\0"s) == "an xz archive");
    CHECK(named("\x28\xB5\x2F\xFD\x04"s) == "a Zstandard archive");
    CHECK(named("\x04\x22\x4D\x18\x64"s) == "an LZ4 archive");
    CHECK(named("7z\xBC\xAF\x27\x1C\0"s) == "a 7z archive");
    CHECK(named("Rar!\x1A\x07\1"s) == "a RAR archive");
}

TEST_CASE("texts") {
    CHECK(named("") == "empty");
    CHECK(named("version https://git-lfs.github.com/spec/v1\noid sha256:") ==
          "a Git LFS pointer, not the file itself");
    CHECK(named("\n<!DOCTYPE HTML>\n<title>404") == "a web page (HTML)");
    CHECK(named("<?xml version=\"1.0\"?><html xmlns=") == "a web page (HTML)");
    CHECK(named("<?xml version=\"1.0\"?><net name=") == "an XML text");
    CHECK(named("{\"metadata\": {}}") == "a JSON text");
    CHECK(named("\xEF\xBB\xBF{}") == "a JSON text");
    CHECK(named("\xFF\xFEl\0r\0"s) == "a text in UTF-16");
    CHECK(named("lr = 1e-3\n") == "a text");
    CHECK(named("\x7F"
                "ELF\2\1") == "a program (ELF)");
    // The first part of a file may end within a character.
    const std::string cats = "猫 and 😀 again";
    for (std::size_t size = 1; size <= cats.size(); ++size) CHECK(named(cats.substr(0, size)) == "a text");
    CHECK(named("caf\xE9 au lait") == "of an unknown format");
    CHECK(named("a\0b"s) == "of an unknown format");
}

TEST_CASE("every kind has a name, and groups hold what they should") {
    for (auto kind = FileKind::empty; kind <= FileKind::program;
         kind = static_cast<FileKind>(static_cast<int>(kind) + 1)) {
        CAPTURE(static_cast<int>(kind));
        CHECK(name_of(kind) != name_of(FileKind::unknown));
        CHECK(can_hold_weights(kind) + is_image(kind) + is_archive(kind) <= 1);
    }
    CHECK((can_hold_weights(FileKind::pytorch) && can_hold_weights(FileKind::matlab)));
    CHECK_FALSE((can_hold_weights(FileKind::safetensors) || can_hold_weights(FileKind::cifar10_batch)));
    CHECK((is_image(FileKind::png) && is_image(FileKind::svg) && !is_image(FileKind::video)));
    CHECK((is_archive(FileKind::zip) && is_archive(FileKind::rar) && !is_archive(FileKind::keras)));
}

TEST_CASE("a file of another kind is told with what to do") {
    CHECK(mistaken_kind(FileKind::pytorch, "an image") == "is a PyTorch file, expected an image");
    CHECK(mistaken_kind(FileKind::gzip, "an image") ==
          "is a gzip archive, expected an image; unpack it and name what is in it");
    CHECK(mistaken_kind(FileKind::git_lfs_pointer, "an image") ==
          "is a Git LFS pointer, not the file itself, expected an image; git lfs pull brings that");
    CHECK(mistaken_kind(FileKind::html, "an image") ==
          "is a web page (HTML), expected an image; download it again");
    CHECK(mistaken_kind(FileKind::utf16, "TOML") == "is a text in UTF-16, expected TOML; save it in UTF-8");
    CHECK(mistaken_kind(FileKind::empty, "an image") == "is empty, expected an image");
}

TEST_CASE("of a file on the disk the beginning is read") {
    const test::TemporaryFolder folder;
    test::write_text(folder / "page", "<html>" + std::string(1 << 20, ' '));
    CHECK(file_kind_at(folder / "page") == FileKind::html);
    test::write_text(folder / "nothing", "");
    CHECK(file_kind_at(folder / "nothing") == FileKind::empty);
    CHECK(file_kind_at(folder / "none") == FileKind::unknown);
    CHECK(file_kind_at(folder.path()) == FileKind::unknown);
}
