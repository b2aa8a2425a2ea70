#include "tern/training/dataset_checksum.hpp"

#include <span>
#include <vector>

#include "tern/core/xxh128.hpp"

namespace tern {
namespace {

constexpr std::int64_t kWhole = std::int64_t{1} << 30;
constexpr std::int64_t kBlocks = 1024, kBlock = 1 << 16;

// Image by image, so that the set is not there twice.
void add_planes(Xxh128& sum, const Tensor& images) {
    const auto pixels = static_cast<std::size_t>(images.dim(1) * images.dim(2));
    std::vector<std::byte> planes(3 * pixels);
    const std::byte* from = images.raw_data();
    for (std::int64_t n = 0; n < images.dim(0); ++n) {
        for (std::size_t i = 0; i < pixels; ++i)
            for (std::size_t c = 0; c < 3; ++c) planes[c * pixels + i] = *from++;
        sum.add(planes);
    }
}

void add_blocks(Xxh128& sum, std::span<const std::byte> bytes) {
    for (std::int64_t i = 0; i < kBlocks; ++i) {
        const std::int64_t begin = (std::ssize(bytes) - kBlock) / (kBlocks - 1) * i;
        sum.add(bytes.subspan(static_cast<std::size_t>(begin), kBlock));
    }
}

std::string sum_of(const Tensor& tensor) {
    const std::span<const std::byte> bytes(tensor.raw_data(), static_cast<std::size_t>(tensor.bytes()));
    Xxh128 sum;
    if (tensor.bytes() > kWhole)
        add_blocks(sum, bytes);
    else if (tensor.dtype() == DType::uint8 && tensor.rank() == 4 && tensor.dim(3) == 3)
        add_planes(sum, tensor);
    else
        sum.add(bytes);
    return sum.sum();
}

}  // namespace

std::string dataset_checksum(const Dataset& dataset) {
    if (!dataset.reader) return sum_of(dataset.samples) + sum_of(dataset.targets);
    const std::string signature = dataset.reader->signature();
    return xxh128(std::as_bytes(std::span(signature))) + sum_of(dataset.targets);
}

}  // namespace tern
