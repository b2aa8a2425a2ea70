#include "tern/kernels/op.hpp"

namespace tern::prepare_images_passes {
namespace {

std::int64_t record_at(const Tensor& records, std::int64_t n) {
    return records.dtype() == DType::int32 ? records.data<std::int32_t>()[n]
                                           : records.data<std::int64_t>()[n];
}

}  // namespace

void images_ref(const Problem& problem, const Stream&) {
    const Tensor &images = problem.inputs[0], &records = problem.inputs[1], &scale = problem.inputs[2],
                 &shift = problem.inputs[3], &y = problem.outputs[0];
    const std::int64_t channels = images.dim(1), height = images.dim(2), width = images.dim(3);
    visit_floating(y.dtype(), [&]<class T>() {
        visit_floating(scale.dtype(), [&]<class S>() {
            visit_floating(shift.dtype(), [&]<class U>() {
                using Real = Compute<T>;
                for (std::int64_t n = 0; n < records.dim(0); ++n)
                    for (std::int64_t h = 0; h < height; ++h)
                        for (std::int64_t w = 0; w < width; ++w)
                            for (std::int64_t c = 0; c < channels; ++c) {
                                const std::int64_t from =
                                    ((record_at(records, n) * channels + c) * height + h) * width + w;
                                const Real value = static_cast<Real>(images.data<std::uint8_t>()[from]) *
                                                       static_cast<Real>(scale.data<S>()[c]) +
                                                   static_cast<Real>(shift.data<U>()[c]);
                                y.data<T>()[((n * height + h) * width + w) * channels + c] =
                                    static_cast<T>(value);
                            }
            });
        });
    });
}

void labels_ref(const Problem& problem, const Stream&) {
    const Tensor &labels = problem.inputs[0], &records = problem.inputs[1], &y = problem.outputs[0];
    for (std::int64_t n = 0; n < records.dim(0); ++n) {
        y.data<std::int32_t>()[n] = labels.data<std::int32_t>()[record_at(records, n)];
    }
}

}  // namespace tern::prepare_images_passes
