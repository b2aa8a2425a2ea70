// One pass over memory each way; images are split over threads, and loops over channels are the compiler's
// vectors.
#include <algorithm>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"

namespace tern::global_average_pool_passes {

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const std::int64_t rows = x.dim(1), columns = x.dim(2), channels = x.dim(3);
    parallel_for(x.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        // A row in float32, the rows in double: the error stays that of `columns` terms.
        std::vector<float> row(static_cast<std::size_t>(channels));
        std::vector<double> total(row.size());
        const float* from = x.data<float>() + n * rows * columns * channels;
        for (std::int64_t h = 0; h < rows; ++h) {
            std::fill(row.begin(), row.end(), 0.0f);
            for (std::int64_t w = 0; w < columns; ++w, from += channels)
                for (std::int64_t c = 0; c < channels; ++c) row[static_cast<std::size_t>(c)] += from[c];
            for (std::size_t c = 0; c < row.size(); ++c) total[c] += row[c];
        }
        float* to = y.data<float>() + n * channels;
        for (std::size_t c = 0; c < row.size(); ++c)
            to[c] = static_cast<float>(total[c] / static_cast<double>(rows * columns));
    });
}

void run(Cpu, const Backward& pass, const Stream&) {
    const Tensor &dy = pass.dy, &dx = pass.dx;
    const std::int64_t pixels = dx.dim(1) * dx.dim(2), channels = dx.dim(3);
    parallel_for(dx.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        std::vector<float> share(static_cast<std::size_t>(channels));
        for (std::size_t c = 0; c < share.size(); ++c)
            share[c] =
                dy.data<float>()[n * channels + static_cast<std::int64_t>(c)] / static_cast<float>(pixels);
        float* to = dx.data<float>() + n * pixels * channels;
        for (std::int64_t i = 0; i < pixels; ++i, to += channels) std::copy(share.begin(), share.end(), to);
    });
}

}  // namespace tern::global_average_pool_passes
