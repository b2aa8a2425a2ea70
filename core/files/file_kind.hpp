// What a file holds, told by its first bytes: for messages about one that was taken for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace tern {

enum class FileKind : std::uint8_t {
    unknown,
    empty,
    // Weights, and what other programs keep them in.
    safetensors,
    pytorch,
    pickle,
    hdf5,
    keras,
    numpy,
    numpy_archive,
    onnx,
    tf_lite,
    tf_saved_model,
    tf_checkpoint,
    gguf,
    matlab,
    // Data sets.
    cifar10_batch,
    cifar100_batch,
    idx,
    parquet,
    arrow,
    // Images.
    png,
    jpeg,
    gif,
    bmp,
    webp,
    tiff,
    heic,
    avif,
    jpeg_xl,
    jpeg_2000,
    icon,
    photoshop,
    netpbm,
    svg,
    video,
    pdf,
    // Archives.
    zip,
    tar,
    gzip,
    bzip2,
    xz,
    zstd,
    lz4,
    seven_zip,
    rar,
    // Texts.
    git_lfs_pointer,
    html,
    xml,
    json,
    utf16,
    text,
    program,
};

/// So many bytes of the beginning tell what can be told from one.
inline constexpr std::size_t kFileKindBytes = 1024;

/// The kind of a whole file or of the beginning of one. Only a whole file shows that it is one of CIFAR's, or
/// a TensorFlow checkpoint's index. What is text to the end of `bytes`, and nothing else, is a text.
FileKind file_kind(std::span<const std::byte> bytes);

/// The same of a file on the disk, of whose beginning that much is read; unknown where it cannot be read or
/// is not a regular file.
FileKind file_kind_at(const std::filesystem::path& path);

/// "a PyTorch file"; "of an unknown format".
std::string_view name_of(FileKind kind);

/// Whether docs/interop.md tells how weights get out of it.
bool can_hold_weights(FileKind kind);
bool is_image(FileKind kind);
bool is_archive(FileKind kind);

/// The rule of an error about a file of a known kind where `expected` ("an image") should be: "is a ZIP
/// archive, expected an image; unpack it and name what is in it".
std::string mistaken_kind(FileKind kind, std::string_view expected);

}  // namespace tern
