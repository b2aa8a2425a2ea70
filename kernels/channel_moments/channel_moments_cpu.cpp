// One pass over x: tiles have moments of their own, merged in double in the order of the rows.
#include "tern/kernels/channel_moments/channel_moments_cpu.hpp"

#include "tern/core/parallel.hpp"
#include "tern/kernels/channel_rows_cpu.hpp"
#include "tern/kernels/channels.hpp"
#include "tern/kernels/op.hpp"

namespace tern {

namespace rows = channel_rows;

void channel_moments_cpu(const Tensor& x, const Tensor& mean, const Tensor& variance) {
    const std::int64_t count = rows_of(x.shape()), channels = x.dim(-1);
    const std::int64_t chunk_rows = rows::chunk_rows(channels);
    const std::int64_t chunks = (count + chunk_rows - 1) / chunk_rows;
    const Tensor partial = Tensor::zeros({chunks, 2, channels}, DType::float64);
    const auto means = [&](std::int64_t chunk) { return partial.data<double>() + chunk * 2 * channels; };
    parallel_chunks(count, chunk_rows, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
        rows::for_each_tile(begin, end, channels, [&](std::int64_t row, std::int64_t size) {
            rows::add_moments(size, channels, x.data<float>() + row * channels, row - begin, means(chunk),
                              means(chunk) + channels);
        });
    });
    double *total_mean = means(0), *squares = total_mean + channels;
    for (std::int64_t chunk = 1; chunk < chunks; ++chunk) {
        const std::int64_t seen = chunk * chunk_rows, size = std::min(chunk_rows, count - seen);
        for (std::int64_t c = 0; c < channels; ++c) {
            rows::merge_moments(size, means(chunk)[c], means(chunk)[channels + c], seen, total_mean[c],
                                squares[c]);
        }
    }
    for (std::int64_t c = 0; c < channels; ++c) {
        mean.data<float>()[c] = static_cast<float>(total_mean[c]);
        // The correction of a tile of equal numbers can leave -1e-20; a NaN stays.
        variance.data<float>()[c] =
            static_cast<float>(std::max(squares[c], 0.0) / static_cast<double>(count));
    }
}

namespace channel_moments_passes {

void forward_cpu(const Problem& problem, const Stream&) {
    channel_moments_cpu(problem.inputs[0], problem.outputs[0], problem.outputs[1]);
}

void backward_cpu(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &mean = problem.inputs[1], &dx = problem.outputs[0];
    const Tensor &dmean = problem.inputs[2], &dvariance = problem.inputs[3];
    const std::int64_t count = rows_of(x.shape()), channels = x.dim(-1);
    const auto per_row = 1 / static_cast<float>(count);
    const Tensor shift = Tensor::zeros({channels}), scale = Tensor::zeros({channels});
    for (std::int64_t c = 0; c < channels; ++c) {
        if (dmean) shift.data<float>()[c] = dmean.data<float>()[c] * per_row;
        if (dvariance) scale.data<float>()[c] = 2 * dvariance.data<float>()[c] * per_row;
    }
    parallel_for(count, rows::chunk_rows(channels), [&](std::int64_t begin, std::int64_t end) {
        rows::affine(end - begin, channels, x.data<float>() + begin * channels, mean.data<float>(),
                     scale.data<float>(), shift.data<float>(), nullptr, dx.data<float>() + begin * channels);
    });
}

}  // namespace channel_moments_passes
}  // namespace tern
