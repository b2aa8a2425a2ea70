// CIFAR-100's layout. Input: the bytes of a file.
#include <algorithm>
#include <array>

#include "tern/data/cifar100_format.hpp"
#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;
using fuzz::require;

namespace {

Dataset read(std::span<const std::byte> bytes, LabelKind labels) {
    const std::int64_t count = cifar100::sample_count(fuzz::kName, std::ssize(bytes));
    const Dataset set{Tensor::empty({count, 32, 32, 3}, DType::uint8), Tensor::empty({count}, DType::int32)};
    cifar100::decode(fuzz::kName, bytes, labels, set);
    return set;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
    fuzz::read_or_refuse([&] {
        const Dataset fine = read(bytes, LabelKind::fine), coarse = read(bytes, LabelKind::coarse);
        for (std::int64_t sample = 0; sample < fine.size(); ++sample) {
            std::array<std::byte, cifar100::kSampleBytes> again{};
            again[0] = static_cast<std::byte>(coarse.targets.data<std::int32_t>()[sample]);
            again[1] = static_cast<std::byte>(fine.targets.data<std::int32_t>()[sample]);
            cifar10::pixels_to_planes(fine.samples.data<std::uint8_t>() + sample * cifar10::kImageBytes,
                                      again.data() + 2);
            const auto from = bytes.subspan(static_cast<std::size_t>(sample) * again.size(), again.size());
            require(std::ranges::equal(from, again), "a sample changes when written");
        }
    });
    return 0;
}
