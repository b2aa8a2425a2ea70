#include "tern/data/channel_statistics.hpp"

#include <functional>

#include "tern/core/error.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/data/batches.hpp"

namespace tern {
namespace {

// Sums of a number and of its square for each of some columns.
template <class T>
struct ColumnSums {
    std::vector<T> values, squares;

    explicit ColumnSums(std::int64_t columns)
        : values(static_cast<std::size_t>(columns)), squares(static_cast<std::size_t>(columns)) {}

    void add(std::size_t column, T value) {
        values[column] += value;
        squares[column] += value * value;
    }
    void add(const ColumnSums& other) {
        for (std::size_t c = 0; c < values.size(); ++c) {
            values[c] += other.values[c];
            squares[c] += other.squares[c];
        }
    }
};

// Samples of E, of some rows (rows, columns) each, and which of them count.
template <class E>
struct Samples {
    const E* first;
    std::span<const std::int32_t> chosen;  // empty: all
    std::int64_t count;                    // that count
    std::int64_t rows, columns;

    const E* operator[](std::int64_t i) const {
        return first + (chosen.empty() ? i : chosen[static_cast<std::size_t>(i)]) * rows * columns;
    }
};

// Added up as T in chunks.
template <class T, class E>
ColumnSums<T> sum_columns(const Samples<E>& samples, const std::vector<T>& origin) {
    constexpr std::int64_t kNumbers = 1 << 18;  // of a chunk
    const std::int64_t columns = samples.columns,
                       chunk = std::max<std::int64_t>(kNumbers / (samples.rows * columns), 1),
                       chunks = (samples.count - 1) / chunk + 1;
    std::vector<ColumnSums<T>> partial(static_cast<std::size_t>(chunks), ColumnSums<T>(columns));
    parallel_chunks(samples.count, chunk, [&](std::int64_t i, std::int64_t begin, std::int64_t end) {
        ColumnSums<T>& sums = partial[static_cast<std::size_t>(i)];
        for (std::int64_t sample = begin; sample < end; ++sample) {
            const E* value = samples[sample];
            for (std::int64_t row = 0; row < samples.rows; ++row)
                for (std::size_t c = 0; c < static_cast<std::size_t>(columns); ++c)
                    sums.add(c, static_cast<T>(*value++) - origin[c]);
        }
    });
    ColumnSums<T> total(columns);
    for (const ColumnSums<T>& sums : partial) total.add(sums);
    return total;
}

// Of sums of distances from `origin`, of so many numbers a column.
template <class T>
ChannelStatistics statistics_of(const ColumnSums<T>& sums, std::int64_t count, const std::vector<T>& origin) {
    ChannelStatistics statistics;
    for (std::size_t c = 0; c < origin.size(); ++c) {
        const double mean = static_cast<double>(sums.values[c]) / static_cast<double>(count);
        statistics.mean.push_back(static_cast<double>(origin[c]) + mean);
        statistics.variance.push_back(static_cast<double>(sums.squares[c]) / static_cast<double>(count) -
                                      mean * mean);
    }
    return statistics;
}

// Distances from the first row: of numbers far from zero the squares would leave no digits for the variance.
template <class T, class E>
ChannelStatistics statistics_of(const Samples<E>& samples, const std::vector<T>& origin) {
    return statistics_of(sum_columns<T>(samples, origin), samples.count * samples.rows, origin);
}

const char* const where = "channel_statistics";

}  // namespace

ChannelStatistics channel_statistics(const Tensor& samples, const Tensor& chosen) {
    TERN_CHECK(samples.device().is_cpu(), where, "takes samples on cpu, got ", samples);
    TERN_CHECK(samples.rank() >= 1 && samples.numel() > 0, where, "takes at least one number, got ", samples);
    const std::span<const std::int32_t> numbers =
        chosen.defined() ? chosen.elements<std::int32_t>() : std::span<const std::int32_t>();
    TERN_CHECK(!chosen.defined() || !numbers.empty(), where, "takes at least one sample, got none");
    for (const std::int32_t number : numbers)
        TERN_CHECK(number >= 0 && number < samples.dim(0), where, "sample ", number, " is outside [0, ",
                   samples.dim(0), ')');
    const std::int64_t count = chosen.defined() ? std::ssize(numbers) : samples.dim(0);
    if (samples.dtype() == DType::uint8) {
        TERN_CHECK(samples.rank() == 4, where, "takes images (R, H, W, C), got ", samples);
        const std::int64_t channels = samples.dim(3);
        // Whole numbers: exact for up to 2^64 / 255^2 pixels.
        return statistics_of(Samples<std::uint8_t>{samples.data<std::uint8_t>(), numbers, count,
                                                   samples.dim(1) * samples.dim(2), channels},
                             std::vector<std::uint64_t>(static_cast<std::size_t>(channels)));
    }
    const float* const all = samples.data<float>();  // says what it is instead
    const Samples<float> rows{all, numbers, count, 1, samples.numel() / samples.dim(0)};
    return statistics_of(rows, std::vector<double>(rows[0], rows[0] + rows.columns));
}

// Piece by piece: sums of whole numbers do not depend on where they are cut.
ChannelStatistics channel_statistics(const Dataset& dataset, const Tensor& chosen) {
    if (!dataset.reader) return channel_statistics(dataset.samples, chosen);
    constexpr std::int64_t kPiece = 256;
    const Shape image = dataset.sample_shape();
    const std::int64_t pixels = image[0] * image[1];
    const std::vector<std::uint64_t> origin(static_cast<std::size_t>(image[2]));
    const Tensor numbers =
        chosen.defined() ? chosen : epoch_order(dataset.size(), false, 0, 0, Device::cpu());
    TERN_CHECK(numbers.numel() > 0, where, "takes at least one sample, got none");
    ColumnSums<std::uint64_t> sums(image[2]);
    const Batches pieces(numbers, kPiece);
    for (std::int64_t i = 0; i < pieces.count(); ++i) {
        const Tensor images = dataset.gather(pieces[i]);
        sums.add(sum_columns(
            Samples<std::uint8_t>{images.data<std::uint8_t>(), {}, images.dim(0), pixels, image[2]}, origin));
    }
    return statistics_of(sums, numbers.numel() * pixels, origin);
}

}  // namespace tern
