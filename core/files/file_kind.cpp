#include "tern/core/files/file_kind.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fcntl.h>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/file_descriptor.hpp"
#include "tern/core/files/utf8.hpp"

namespace tern {
namespace {

using namespace std::string_view_literals;
using Kind = FileKind;

struct Mark {
    Kind kind;
    std::size_t at;
    std::string_view bytes;
};

constexpr std::array kMarks{
    Mark{Kind::pytorch, 0, "\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19"sv},  // before 1.6
    Mark{Kind::hdf5, 0, "\x89HDF\r\n\x1A\n"sv},
    Mark{Kind::numpy, 0, "\x93NUMPY"sv},
    Mark{Kind::tf_lite, 4, "TFL3"sv},
    Mark{Kind::tf_saved_model, 0, "\x08\x01\x12"sv},
    Mark{Kind::gguf, 0, "GGUF"sv},
    Mark{Kind::matlab, 0, "MATLAB 5.0 MAT-file"sv},
    Mark{Kind::idx, 0, "\0\0\x08\x01"sv},
    Mark{Kind::idx, 0, "\0\0\x08\x03"sv},
    Mark{Kind::parquet, 0, "PAR1"sv},
    Mark{Kind::arrow, 0, "ARROW1"sv},
    Mark{Kind::png, 0, "\x89PNG\r\n\x1A\n"sv},
    Mark{Kind::jpeg, 0, "\xFF\xD8\xFF"sv},
    Mark{Kind::gif, 0, "GIF87a"sv},
    Mark{Kind::gif, 0, "GIF89a"sv},
    Mark{Kind::bmp, 6, "\0\0\0\0"sv},  // and begins with BM
    Mark{Kind::webp, 8, "WEBP"sv},
    Mark{Kind::video, 8, "AVI "sv},
    Mark{Kind::tiff, 0, "II*\0"sv},
    Mark{Kind::tiff, 0, "MM\0*"sv},
    Mark{Kind::avif, 4, "ftypavif"sv},
    Mark{Kind::heic, 4, "ftyphe"sv},
    Mark{Kind::heic, 4, "ftypmif1"sv},
    Mark{Kind::video, 4, "ftyp"sv},
    Mark{Kind::video, 0, "\x1A\x45\xDF\xA3"sv},  // Matroska, WebM
    Mark{Kind::jpeg_xl, 0, "\0\0\0\x0CJXL "sv},
    Mark{Kind::jpeg_xl, 0, "\xFF\x0A"sv},
    Mark{Kind::jpeg_2000, 0, "\0\0\0\x0CjP  "sv},
    Mark{Kind::icon, 0, "\0\0\1\0"sv},
    Mark{Kind::photoshop, 0, "8BPS"sv},
    Mark{Kind::pdf, 0, "%PDF-"sv},
    Mark{Kind::zip, 0, "PK\3\4"sv},
    Mark{Kind::zip, 0, "PK\5\6"sv},  // an empty one
    Mark{Kind::tar, 257, "ustar"sv},
    Mark{Kind::gzip, 0, "\x1F\x8B"sv},
    Mark{Kind::bzip2, 0, "BZh"sv},
    Mark{Kind::xz, 0,
         "\xFD"
         "7zXZ\0"sv},
    Mark{Kind::zstd, 0, "\x28\xB5\x2F\xFD"sv},
    Mark{Kind::lz4, 0, "\x04\x22\x4D\x18"sv},
    Mark{Kind::seven_zip, 0, "7z\xBC\xAF\x27\x1C"sv},
    Mark{Kind::rar, 0, "Rar!\x1A\x07"sv},
    Mark{Kind::utf16, 0, "\xFF\xFE"sv},
    Mark{Kind::utf16, 0, "\xFE\xFF"sv},
    Mark{Kind::program, 0,
         "\x7F"
         "ELF"sv},
};

// The length of a header in eight bytes, far below 2^32, and the brace that the header starts with.
bool is_safetensors(std::string_view bytes) { return bytes.substr(4, 5) == "\0\0\0\0{"sv; }

// PyTorch, Keras and NumPy pack their files with zip; the first name in it tells them apart.
Kind kind_of_zip(std::string_view bytes) {
    if (bytes.size() < 30) return Kind::zip;
    const auto length = static_cast<unsigned char>(bytes[26]);  // names of these are shorter than 256 bytes
    const std::string_view name = bytes.substr(30, length);
    if (name.ends_with(".npy")) return Kind::numpy_archive;
    if (name == "metadata.json" || name == "config.json" || name == "model.weights.h5") return Kind::keras;
    const std::array parts{"/data.pkl"sv, "/version"sv, "/byteorder"sv, "/.format_version"sv};
    const bool is_part =
        std::ranges::any_of(parts, [&](std::string_view part) { return name.ends_with(part); });
    return is_part || name.find("/data/") != std::string_view::npos ? Kind::pytorch : Kind::zip;
}

// Protocol 2 and later begin with their number; what stands at the start of a frame or of a container
// follows.
bool is_pickle(std::string_view bytes) {
    if (bytes.size() < 3) return false;
    if (bytes.starts_with("(dp") || bytes.starts_with("(lp") || bytes.starts_with("ccopy_reg")) return true;
    const char protocol = bytes[1];
    if (bytes[0] != '\x80' || protocol < 2 || protocol > 5) return false;
    return protocol >= 4 ? bytes[2] == '\x95' : "}](c\x8AKJGUXN"sv.find(bytes[2]) != std::string_view::npos;
}

// A protocol buffer whose first field is a version of 3 to 31, before the name of what wrote it or the graph.
bool is_onnx(std::string_view bytes) {
    return bytes.size() > 4 && bytes[0] == 8 && bytes[1] >= 3 && bytes[1] < 32 &&
           (bytes[2] == 0x12 || bytes[2] == 0x3A);
}

bool is_netpbm(std::string_view bytes) {
    return bytes.size() > 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' &&
           " \t\r\n#"sv.find(bytes[2]) != std::string_view::npos;
}

// Samples of a fixed size that begin with labels below these limits.
bool is_batch(std::string_view bytes, std::initializer_list<unsigned char> limits) {
    const std::size_t sample = limits.size() + std::size_t{3} * 32 * 32;
    if (bytes.empty() || bytes.size() % sample != 0) return false;
    for (std::size_t at = 0; at < bytes.size(); at += sample) {
        for (std::size_t i = 0; i < limits.size(); ++i) {
            if (static_cast<unsigned char>(bytes[at + i]) >= limits.begin()[i]) return false;
        }
    }
    return true;
}

// UTF-8 without control characters but for white space; the end may lie within a character.
bool is_text(std::string_view bytes) {
    const auto is_control = [](unsigned char c) { return (c < ' ' && (c < '\t' || c > '\r')) || c == 0x7F; };
    if (std::ranges::any_of(bytes, is_control)) return false;
    const std::array<std::size_t, 4> cuts{0, 1, 2, 3};
    return std::ranges::any_of(cuts, [&](std::size_t cut) {
        return cut <= bytes.size() && is_utf8(bytes.substr(0, bytes.size() - cut));
    });
}

Kind kind_of_text(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.starts_with("version https://git-lfs")) return Kind::git_lfs_pointer;
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    std::string start(text.substr(0, 256));
    std::ranges::transform(start, start.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head"))
        return Kind::html;
    if (start.find("<svg") != std::string::npos && start.starts_with('<')) return Kind::svg;
    if (start.starts_with("<?xml")) return start.find("<html") == std::string::npos ? Kind::xml : Kind::html;
    return start.starts_with('{') ? Kind::json : Kind::text;
}

}  // namespace

FileKind file_kind(std::span<const std::byte> bytes) {
    const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (all.empty()) return Kind::empty;
    // First: the length of a header can have the bytes of any mark.
    if (all.size() > 8 && is_safetensors(all)) return Kind::safetensors;
    if (is_batch(all, {10})) return Kind::cifar10_batch;
    if (is_batch(all, {20, 100})) return Kind::cifar100_batch;
    for (const auto& [kind, at, mark] : kMarks) {
        if (all.size() < at || !all.substr(at).starts_with(mark)) continue;
        if (kind == Kind::zip) return kind_of_zip(all);
        if (kind != Kind::bmp || all.starts_with("BM")) return kind;
    }
    if (is_pickle(all)) return Kind::pickle;
    if (is_onnx(all)) return Kind::onnx;
    if (is_netpbm(all)) return Kind::netpbm;
    if (all.ends_with("\x57\xFB\x80\x8B\x24\x75\x47\xDB"sv)) return Kind::tf_checkpoint;
    return is_text(all.substr(0, kFileKindBytes)) ? kind_of_text(all) : Kind::unknown;
}

FileKind file_kind_at(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return Kind::unknown;  // of a pipe nothing may be taken
    try {
        const auto size = static_cast<std::size_t>(size_of_file(path));
        std::vector<std::byte> bytes(std::min(size, kFileKindBytes));
        FileDescriptor(path, O_RDONLY, "cannot be opened").read_exactly(bytes);
        return file_kind(bytes);
    } catch (const Error&) {
        return Kind::unknown;
    }
}

}  // namespace tern
