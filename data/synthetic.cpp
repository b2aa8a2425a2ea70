#include "tern/data/synthetic.hpp"

#include "tern/core/random.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/data/class_names.hpp"

namespace tern {
namespace {

constexpr std::int64_t kSide = 32, kCells = 4, kCellSide = kSide / kCells;
constexpr int kNoise = 48;

// Streams of one seed: the patterns, then one per split.
RandomStream stream_of(std::uint64_t seed, std::uint32_t index) {
    return {seed, RandomPurpose::synthetic_data, index};
}

std::uint8_t byte_of(const Random4& block, std::uint64_t i) {
    return static_cast<std::uint8_t>(block.v[i / 4] >> (8 * (i % 4)));
}

// The colours of all classes' cells (classes, 3, 4, 4), in [64, 191]: noise never leaves [0, 255].
std::vector<std::uint8_t> make_patterns(const SyntheticOptions& options) {
    const RandomStream stream = stream_of(options.seed, 0);
    std::vector<std::uint8_t> colours(static_cast<std::size_t>(options.classes * 3 * kCells * kCells));
    for (std::size_t i = 0; i < colours.size(); ++i) {
        colours[i] = static_cast<std::uint8_t>(64 + stream.bits32(i) % 128);
    }
    return colours;
}

// One sample (32, 32, 3); `pattern` (3, 4, 4) is its class's.
void draw(const RandomStream& samples, std::int64_t sample, const std::uint8_t* pattern,
          std::uint8_t* pixels) {
    // Each sample owns 3 * 32 * 32 / 16 blocks of noise and one more for the offset.
    constexpr std::uint64_t kBlocks = 3 * kSide * kSide / 16 + 1;
    const std::uint64_t first = static_cast<std::uint64_t>(sample) * kBlocks;
    const Random4 offset = samples.bits(first);
    Random4 noise{};
    std::uint64_t i = 0;
    for (std::int64_t channel = 0; channel < 3; ++channel)
        for (std::int64_t y = 0; y < kSide; ++y)
            for (std::int64_t x = 0; x < kSide; ++x, ++i) {
                if (i % 16 == 0) noise = samples.bits(first + 1 + i / 16);
                const int amount = byte_of(noise, i % 16) * (2 * kNoise + 1) / 256 - kNoise;
                const std::int64_t cell_y = (y + offset.v[0] % kSide) % kSide / kCellSide;
                const std::int64_t cell_x = (x + offset.v[1] % kSide) % kSide / kCellSide;
                const int colour = pattern[(channel * kCells + cell_y) * kCells + cell_x];
                pixels[(y * kSide + x) * 3 + channel] = static_cast<std::uint8_t>(colour + amount);
            }
}

}  // namespace

Dataset make_synthetic(const SyntheticOptions& options, Split split) {
    const std::int64_t count = split == Split::train ? options.train_samples : options.test_samples;
    TERN_CHECK(count >= 1, "synthetic", "samples must be at least 1, got ", count);
    TERN_CHECK(options.classes >= 1 && options.classes <= 256, "synthetic", "classes must be 1 to 256, got ",
               options.classes);
    Dataset dataset{Tensor::empty({count, kSide, kSide, 3}, DType::uint8),
                    Tensor::empty({count}, DType::int32), numbered_classes(options.classes), "synthetic"};
    const std::vector<std::uint8_t> patterns = make_patterns(options);
    const RandomStream samples = stream_of(options.seed, split == Split::train ? 1 : 2);
    parallel_for(count, 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t sample = begin; sample < end; ++sample) {
            const std::int64_t label = sample % options.classes;
            dataset.targets.data<std::int32_t>()[sample] = static_cast<std::int32_t>(label);
            draw(samples, sample, patterns.data() + label * 3 * kCells * kCells,
                 dataset.samples.data<std::uint8_t>() + sample * 3 * kSide * kSide);
        }
    });
    return dataset;
}

}  // namespace tern
