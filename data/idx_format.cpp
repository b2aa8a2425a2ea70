#include "tern/data/idx_format.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "tern/core/error.hpp"
#include "tern/core/files/file_kind.hpp"

namespace tern::idx {
namespace {

std::int64_t big_endian(std::span<const std::byte, 4> bytes) {
    std::int64_t value = 0;
    for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::int64_t>(byte);
    return value;
}

std::string as_numbers(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte byte : bytes) text += to_text(text.empty() ? "" : " ", std::to_integer<int>(byte));
    return text;
}

std::string with_times(const std::vector<std::int64_t>& sizes) {
    std::string text;
    for (const std::int64_t size : sizes) text += to_text(text.empty() ? "" : " x ", size);
    return text;
}

// Of a file that is another kind of it that is said, of an IDX file of other elements its mark.
void check_mark(const std::string& file, std::span<const std::byte> bytes, int rank) {
    const std::array mark{std::byte{0}, std::byte{0}, std::byte{8}, static_cast<std::byte>(rank)};
    const auto start = bytes.first(std::min(bytes.size(), mark.size()));
    if (std::ranges::equal(start, mark)) return;
    const FileKind kind = file_kind(bytes);
    if (kind != FileKind::unknown && kind != FileKind::idx) fail(file, mistaken_kind(kind, "an IDX file"));
    fail(file, "begins with the bytes ", as_numbers(start), ", expected ", as_numbers(mark),
         ", the mark of an IDX file of bytes with ", rank, rank == 1 ? " size" : " sizes");
}

}  // namespace

Shape parse_sizes(const std::string& file, std::span<const std::byte> bytes, int rank) {
    check_mark(file, bytes, rank);
    const std::int64_t header = header_bytes(rank), elements = std::ssize(bytes) - header;
    TERN_CHECK(elements >= 0, file, "has ", bytes.size(), " bytes, fewer than the ", header,
               " of its header");
    std::vector<std::int64_t> sizes;
    std::int64_t product = 1;
    bool fits = true;
    for (std::size_t at = 4; std::ssize(sizes) < rank; at += 4) {
        sizes.push_back(big_endian(bytes.subspan(at).first<4>()));
        fits = fits && !__builtin_mul_overflow(product, sizes.back(), &product);
    }
    TERN_CHECK(std::ranges::find(sizes, 0) == sizes.end(), file, "holds no element: its header says ",
               with_times(sizes));
    TERN_CHECK(fits && product == elements, file, "has ", elements, " bytes after its header, which says ",
               with_times(sizes));
    return Shape(sizes);
}

}  // namespace tern::idx
