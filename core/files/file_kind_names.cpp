#include "tern/core/files/file_kind.hpp"

#include <algorithm>
#include <array>

#include "tern/core/error.hpp"

namespace tern {
namespace {

using Kind = FileKind;

struct Name {
    Kind kind;
    std::string_view name;
};

constexpr std::array kNames{
    Name{Kind::empty, "empty"},
    Name{Kind::safetensors, "a safetensors file"},
    Name{Kind::pytorch, "a PyTorch file"},
    Name{Kind::pickle, "a Python pickle"},
    Name{Kind::hdf5, "an HDF5 file"},
    Name{Kind::keras, "a Keras file"},
    Name{Kind::numpy, "a NumPy file"},
    Name{Kind::numpy_archive, "a NumPy archive"},
    Name{Kind::onnx, "an ONNX file"},
    Name{Kind::tf_lite, "a TensorFlow Lite file"},
    Name{Kind::tf_saved_model, "a TensorFlow SavedModel"},
    Name{Kind::tf_checkpoint, "a TensorFlow checkpoint"},
    Name{Kind::gguf, "a GGUF file"},
    Name{Kind::matlab, "a MATLAB file"},
    Name{Kind::cifar10_batch, "a binary batch of CIFAR-10"},
    Name{Kind::cifar100_batch, "a binary file of CIFAR-100"},
    Name{Kind::idx, "an IDX file, as of MNIST"},
    Name{Kind::parquet, "a Parquet file"},
    Name{Kind::arrow, "an Arrow file"},
    Name{Kind::png, "a PNG image"},
    Name{Kind::jpeg, "a JPEG image"},
    Name{Kind::gif, "a GIF image"},
    Name{Kind::bmp, "a BMP image"},
    Name{Kind::webp, "a WebP image"},
    Name{Kind::tiff, "a TIFF image"},
    Name{Kind::heic, "a HEIC image"},
    Name{Kind::avif, "an AVIF image"},
    Name{Kind::jpeg_xl, "a JPEG XL image"},
    Name{Kind::jpeg_2000, "a JPEG 2000 image"},
    Name{Kind::icon, "an ICO image"},
    Name{Kind::photoshop, "a Photoshop image"},
    Name{Kind::netpbm, "a PPM or PGM image"},
    Name{Kind::svg, "an SVG drawing"},
    Name{Kind::video, "a video"},
    Name{Kind::pdf, "a PDF document"},
    Name{Kind::zip, "a ZIP archive"},
    Name{Kind::tar, "a TAR archive"},
    Name{Kind::gzip, "a gzip archive"},
    Name{Kind::bzip2, "a bzip2 archive"},
    Name{Kind::xz, "an xz archive"},
    Name{Kind::zstd, "a Zstandard archive"},
    Name{Kind::lz4, "an LZ4 archive"},
    Name{Kind::seven_zip, "a 7z archive"},
    Name{Kind::rar, "a RAR archive"},
    Name{Kind::git_lfs_pointer, "a Git LFS pointer, not the file itself"},
    Name{Kind::html, "a web page (HTML)"},
    Name{Kind::xml, "an XML text"},
    Name{Kind::json, "a JSON text"},
    Name{Kind::utf16, "a text in UTF-16"},
    Name{Kind::text, "a text"},
    Name{Kind::program, "a program (ELF)"},
};

}  // namespace

std::string_view name_of(FileKind kind) {
    const auto found = std::ranges::find(kNames, kind, &Name::kind);
    return found == kNames.end() ? "of an unknown format" : found->name;
}

bool can_hold_weights(FileKind kind) { return kind >= Kind::pytorch && kind <= Kind::matlab; }
bool is_image(FileKind kind) { return kind >= Kind::png && kind <= Kind::svg; }
bool is_archive(FileKind kind) { return kind >= Kind::zip && kind <= Kind::rar; }

std::string mistaken_kind(FileKind kind, std::string_view expected) {
    return to_text("is ", name_of(kind), ", expected ", expected,
                   is_archive(kind)                ? "; unpack it and name what is in it"
                   : kind == Kind::git_lfs_pointer ? "; git lfs pull brings that"
                   : kind == Kind::html            ? "; download it again"
                   : kind == Kind::utf16           ? "; save it in UTF-8"
                                                   : "");
}

}  // namespace tern
