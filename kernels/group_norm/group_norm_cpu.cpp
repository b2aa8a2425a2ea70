// Of images: forward reads x twice and writes y; backward reads x and dy twice and writes dx. Between the two passes over
// memory stand a few numbers per image and channel: sums of each chunk of rows, merged in their order.
#include <algorithm>
#include <cmath>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/group_norm/rows.hpp"
#include "tern/kernels/shared/channel_rows_cpu.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern::group_norm_passes {
namespace {

namespace rows = channel_rows;

// The pixels of every image as rows of C numbers, in chunks that are work for a thread.
class Chunks {
  public:
    Chunks(const Tensor& x, std::int64_t groups)
        : images_(x.dim(0)),
          channels_(x.dim(-1)),
          groups_(groups),
          rows_(images_ == 0 ? 0 : rows_of(x.shape()) / images_),
          size_(rows::chunk_rows(channels_)),
          per_image_((rows_ + size_ - 1) / size_) {}

    std::int64_t images() const { return images_; }
    std::int64_t channels() const { return channels_; }
    std::int64_t groups() const { return groups_; }
    std::int64_t group_of(std::int64_t channel) const { return channel / (channels_ / groups_); }
    /// Numbers that a mean is taken of.
    double group_size() const { return static_cast<double>(rows_ * (channels_ / groups_)); }
    std::int64_t count() const { return images_ * per_image_; }
    /// Rows of a chunk: all are whole but the last of each image.
    std::int64_t rows(std::int64_t chunk) const {
        return std::min(size_, rows_ - chunk % per_image_ * size_);
    }

    /// Calls function(chunk, image, offset of its numbers in x, its rows), on the threads.
    template <class F>
    void for_each(F function) const {
        parallel_for(count(), 1, [&](std::int64_t chunk, std::int64_t) {
            const std::int64_t image = chunk / per_image_;
            const std::int64_t row = image * rows_ + chunk % per_image_ * size_;
            function(chunk, image, row * channels_, rows(chunk));
        });
    }
    /// Calls function(chunk) for the chunks of an image.
    template <class F>
    void for_each_of(std::int64_t image, F function) const {
        for (std::int64_t i = 0; i < per_image_; ++i) function(image * per_image_ + i);
    }

  private:
    std::int64_t images_, channels_, groups_, rows_, size_, per_image_;
};

// Numbers for each image and channel, (N, C).
struct PerChannel {
    explicit PerChannel(const Chunks& chunks)
        : numbers(Tensor::empty({chunks.images(), chunks.channels()})), channels(chunks.channels()) {}
    float* of(std::int64_t image) const { return numbers.data<float>() + image * channels; }

    Tensor numbers;
    std::int64_t channels;
};

// Two sums for each chunk and channel, (chunks, 2, C).
struct PartialSums {
    explicit PartialSums(const Chunks& chunks)
        : numbers(Tensor::zeros({chunks.count(), 2, chunks.channels()}, DType::float64)),
          channels(chunks.channels()) {}
    double* first(std::int64_t chunk) const { return numbers.data<double>() + chunk * 2 * channels; }
    double* second(std::int64_t chunk) const { return first(chunk) + channels; }

    Tensor numbers;
    std::int64_t channels;
};

// Images of one pixel are rows of a matrix, over threads: 128 KB, and no more rows than are summed in float.
bool are_rows(const Tensor& x) { return x.numel() > 0 && x.numel() == x.dim(0) * x.dim(-1); }

std::int64_t rows_per_chunk(const Tensor& x) {
    return std::clamp<std::int64_t>((1 << 15) / x.dim(-1), 16, group_norm_rows::kMaxRows);
}

void normalize_rows(const Forward& pass) {
    const std::int64_t channels = pass.x.dim(-1), groups = pass.params.groups;
    parallel_for(pass.x.dim(0), rows_per_chunk(pass.x), [&](std::int64_t begin, std::int64_t end) {
        group_norm_rows::normalize(
            {end - begin, groups, channels / groups}, pass.x.data<float>() + begin * channels,
            pass.gamma.data<float>(), pass.beta.data<float>(), pass.params.epsilon,
            pass.y.data<float>() + begin * channels, pass.mean.data<float>() + begin * groups,
            pass.variance.data<float>() + begin * groups);
    });
}

void rows_gradient(const Backward& pass) {
    const std::int64_t channels = pass.x.dim(-1), groups = pass.params.groups;
    const std::int64_t rows = pass.x.dim(0), per_chunk = rows_per_chunk(pass.x);
    const std::int64_t parts = (rows + per_chunk - 1) / per_chunk;
    const Tensor partial = Tensor::zeros({parts, 2, channels}), sums = Tensor::empty({2, channels});
    parallel_chunks(rows, per_chunk, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
        float* const part = partial.data<float>() + chunk * 2 * channels;
        group_norm_rows::gradient(
            {end - begin, groups, channels / groups}, pass.x.data<float>() + begin * channels,
            pass.dy.data<float>() + begin * channels, pass.gamma.data<float>(),
            pass.mean.data<float>() + begin * groups, pass.variance.data<float>() + begin * groups,
            pass.params.epsilon, pass.dx.data<float>() + begin * channels, part, part + channels);
    });
    gemm::sum_columns(partial.data<float>(), parts, 2 * channels, sums.data<float>());
    std::copy_n(sums.data<float>(), channels, pass.dgamma.data<float>());
    std::copy_n(sums.data<float>() + channels, channels, pass.dbeta.data<float>());
}

double inverse_deviation(const Tensor& variance, std::int64_t i, double epsilon) {
    return 1 / std::sqrt(static_cast<double>(variance.data<float>()[i]) + epsilon);
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    if (are_rows(pass.x)) return normalize_rows(pass);
    const Chunks chunks(pass.x, pass.params.groups);
    const float* const x = pass.x.data<float>();
    const PartialSums moments(chunks);
    chunks.for_each([&](auto chunk, auto, auto offset, auto count) {
        rows::for_each_tile(0, count, chunks.channels(), [&](std::int64_t row, std::int64_t size) {
            rows::add_moments(size, chunks.channels(), x + offset + row * chunks.channels(), row,
                              moments.first(chunk), moments.second(chunk));
        });
    });
    const PerChannel mean(chunks), scale(chunks);
    parallel_for(chunks.images(), 1, [&](std::int64_t n, std::int64_t) {
        std::vector<double> means(static_cast<std::size_t>(chunks.groups())), squares(means.size());
        std::vector<std::int64_t> seen(means.size());
        chunks.for_each_of(n, [&](std::int64_t chunk) {
            for (std::int64_t c = 0; c < chunks.channels(); ++c) {
                const auto g = static_cast<std::size_t>(chunks.group_of(c));
                rows::merge_moments(chunks.rows(chunk), moments.first(chunk)[c], moments.second(chunk)[c],
                                    seen[g], means[g], squares[g]);
                seen[g] += chunks.rows(chunk);
            }
        });
        const std::int64_t at = n * chunks.groups();
        for (std::int64_t g = 0; g < chunks.groups(); ++g) {
            const auto i = static_cast<std::size_t>(g);
            pass.mean.data<float>()[at + g] = static_cast<float>(means[i]);
            // The correction of a tile of equal numbers can leave -1e-20; a NaN stays.
            pass.variance.data<float>()[at + g] =
                static_cast<float>(std::max(squares[i], 0.0) / chunks.group_size());
        }
        for (std::int64_t c = 0; c < chunks.channels(); ++c) {
            const std::int64_t g = at + chunks.group_of(c);
            mean.of(n)[c] = pass.mean.data<float>()[g];
            scale.of(n)[c] = static_cast<float>(static_cast<double>(pass.gamma.data<float>()[c]) *
                                                inverse_deviation(pass.variance, g, pass.params.epsilon));
        }
    });
    chunks.for_each([&](auto, auto image, auto offset, auto count) {
        rows::affine(count, chunks.channels(), x + offset, mean.of(image), scale.of(image),
                     pass.beta.data<float>(), nullptr, pass.y.data<float>() + offset);
    });
}

void run(Cpu, const Backward& pass, const Stream&) {
    if (are_rows(pass.x)) return rows_gradient(pass);
    const Chunks chunks(pass.x, pass.params.groups);
    const float *const x = pass.x.data<float>(), *const dy = pass.dy.data<float>();
    const PerChannel mean(chunks);
    for (std::int64_t n = 0; n < chunks.images(); ++n) {
        for (std::int64_t c = 0; c < chunks.channels(); ++c)
            mean.of(n)[c] = pass.mean.data<float>()[n * chunks.groups() + chunks.group_of(c)];
    }
    const PartialSums sums(chunks);  // of dy, and of dy (x - mean)
    chunks.for_each([&](auto chunk, auto image, auto offset, auto count) {
        rows::for_each_tile(0, count, chunks.channels(), [&](std::int64_t row, std::int64_t size) {
            const std::int64_t from = offset + row * chunks.channels();
            rows::add_products(size, chunks.channels(), dy + from, x + from, mean.of(image),
                               sums.first(chunk), sums.second(chunk));
        });
    });
    const PerChannel scale(chunks), slope(chunks), constant(chunks);
    std::vector<double> dgamma(static_cast<std::size_t>(chunks.channels())), dbeta(dgamma.size());
    for (std::int64_t n = 0; n < chunks.images(); ++n) {
        std::vector<double> group_sums(static_cast<std::size_t>(chunks.groups())),
            group_products(group_sums.size());
        const auto r = [&](std::int64_t c) {
            return inverse_deviation(pass.variance, n * chunks.groups() + chunks.group_of(c),
                                     pass.params.epsilon);
        };
        for (std::int64_t c = 0; c < chunks.channels(); ++c) {
            double sum = 0, product = 0;
            chunks.for_each_of(n, [&](std::int64_t chunk) {
                sum += sums.first(chunk)[c];
                product += sums.second(chunk)[c];
            });
            dbeta[static_cast<std::size_t>(c)] += sum;
            dgamma[static_cast<std::size_t>(c)] += r(c) * product;
            const auto g = static_cast<std::size_t>(chunks.group_of(c));
            const auto gamma = static_cast<double>(pass.gamma.data<float>()[c]);
            group_sums[g] += gamma * sum;
            group_products[g] += gamma * product;
        }
        for (std::int64_t c = 0; c < chunks.channels(); ++c) {
            const auto g = static_cast<std::size_t>(chunks.group_of(c));
            const double own = r(c), share = own / chunks.group_size();
            scale.of(n)[c] = static_cast<float>(own * static_cast<double>(pass.gamma.data<float>()[c]));
            slope.of(n)[c] = static_cast<float>(-share * own * own * group_products[g]);
            constant.of(n)[c] = static_cast<float>(-share * group_sums[g]);
        }
    }
    for (std::size_t c = 0; c < dgamma.size(); ++c) {
        pass.dgamma.data<float>()[c] = static_cast<float>(dgamma[c]);
        pass.dbeta.data<float>()[c] = static_cast<float>(dbeta[c]);
    }
    chunks.for_each([&](auto, auto image, auto offset, auto count) {
        rows::combine(count, chunks.channels(), dy + offset, scale.of(image), x + offset, mean.of(image),
                      slope.of(image), constant.of(image), pass.dx.data<float>() + offset);
    });
}

}  // namespace tern::group_norm_passes
