#include "tern/data/prepared_images.hpp"

#include <algorithm>

#include "tern/kernels/shared/index.hpp"

namespace tern {

Tensor gather_images(const Dataset& dataset, const Tensor& samples, const PrepareImagesParams& params,
                     const Tensor& partners) {
    if (!params.mixes()) return dataset.gather(samples);
    const std::int64_t count = samples.numel();
    const Tensor both = Tensor::empty({2 * count}, DType::int64);
    std::int64_t* const numbers = both.data<std::int64_t>();
    visit_index(samples, [&]<class Index>() { std::ranges::copy(samples.elements<Index>(), numbers); });
    std::ranges::copy(mixed_samples(samples, dataset.size(), params, partners).elements<std::int64_t>(),
                      numbers + count);
    return dataset.gather(both);
}

Tensor prepared_images(const Dataset& dataset, const Tensor& samples, const Tensor& scale,
                       const Tensor& shift, DType dtype, const PrepareImagesParams& params,
                       const Tensor& partners) {
    if (!dataset.reader)
        return prepare_images(dataset.samples, samples, scale, shift, dtype, params, partners);
    PrepareImagesParams gathered = params;
    gathered.set_size = dataset.size();
    return prepare_images(gather_images(dataset, samples, params, partners), samples, scale, shift, dtype,
                          gathered, partners);
}

}  // namespace tern
