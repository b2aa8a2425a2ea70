// IDX files of images and of labels. Input: the bytes of either.
#include "tern/core/shape.hpp"
#include "tern/data/idx_format.hpp"
#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;
using fuzz::require;

namespace {

// The fourth byte of a file that is taken says how many sizes it has.
void check(std::span<const std::uint8_t> input, const Shape& sizes, int rank) {
    require(sizes.rank() == rank && input[3] == rank, "a file of other sizes is taken");
    require(sizes.numel() > 0 && idx::header_bytes(rank) + sizes.numel() == std::ssize(input),
            "the elements do not end where the file does");
    for (int i = 0; i < rank; ++i) {
        std::int64_t size = 0;
        for (std::size_t at = 0; at < 4; ++at)
            size = size * 256 + input[4 + 4 * static_cast<std::size_t>(i) + at];
        require(sizes[i] == size, "a size is not the file's");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span input(data, size);
    for (const int rank : {1, 3})
        fuzz::read_or_refuse(
            [&] { check(input, idx::parse_sizes(fuzz::kName, std::as_bytes(input), rank), rank); });
    return 0;
}
