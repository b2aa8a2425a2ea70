#include "tern/kernels/channel_moments/channel_moments_cpu.hpp"

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/shared/channel_rows_cpu.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern {

namespace rows = channel_rows;

PartialMoments::PartialMoments(std::int64_t parts, std::int64_t channels)
    : numbers_(Tensor::zeros({parts, 2, channels}, DType::float64)),
      rows_(static_cast<std::size_t>(parts)),
      channels_(channels) {}

void PartialMoments::add(std::int64_t part, const float* x, std::int64_t rows) {
    std::int64_t& seen = rows_[static_cast<std::size_t>(part)];
    rows::for_each_tile(0, rows, channels_, [&](std::int64_t row, std::int64_t size) {
        rows::add_moments(size, channels_, x + row * channels_, seen, means(part), means(part) + channels_);
        seen += size;
    });
}

void PartialMoments::store(const Tensor& mean, const Tensor& variance) const {
    std::vector<double> total(static_cast<std::size_t>(channels_)), squares(total.size());
    std::int64_t seen = 0;
    for (std::int64_t part = 0; part < numbers_.dim(0); ++part) {
        const std::int64_t size = rows_[static_cast<std::size_t>(part)];
        for (std::int64_t c = 0; size > 0 && c < channels_; ++c)
            rows::merge_moments(size, means(part)[c], means(part)[channels_ + c], seen, total[c], squares[c]);
        seen += size;
    }
    for (std::int64_t c = 0; c < channels_; ++c) {
        mean.data<float>()[c] = static_cast<float>(total[c]);
        // The correction of a tile of equal numbers can leave -1e-20; a NaN stays.
        variance.data<float>()[c] = static_cast<float>(std::max(squares[c], 0.0) / static_cast<double>(seen));
    }
}

void channel_moments_cpu(const Tensor& x, const Tensor& mean, const Tensor& variance) {
    const std::int64_t count = rows_of(x.shape()), channels = x.dim(-1);
    const std::int64_t chunk_rows = rows::chunk_rows(channels);
    PartialMoments moments((count + chunk_rows - 1) / chunk_rows, channels);
    parallel_chunks(count, chunk_rows, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
        moments.add(chunk, x.data<float>() + begin * channels, end - begin);
    });
    moments.store(mean, variance);
}

namespace channel_moments_passes {

void run(Cpu, const Forward& pass, const Stream&) { channel_moments_cpu(pass.x, pass.mean, pass.variance); }

void run(Cpu, const Backward& pass, const Stream&) {
    const Tensor &x = pass.x, &mean = pass.mean, &dx = pass.dx;
    const Tensor &dmean = pass.dmean, &dvariance = pass.dvariance;
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
