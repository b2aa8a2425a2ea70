// Bytes to numbers. A thread owns as many neighbouring elements as a pack has: with 3 channels 5 pixels or less.
#include "tern/kernels/prepare_images/placement.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::prepare_images_passes {
namespace {

// int32 or int64, known at run time: one test per thread spares a kernel for each.
struct Samples {
    const void* data;
    bool wide;
    std::int64_t count;  // of the stored images: a sample outside stops the kernel with an error

    __device__ std::int64_t operator[](std::int64_t n) const {
        const std::int64_t sample = wide ? static_cast<const std::int64_t*>(data)[n]
                                         : std::int64_t{static_cast<const std::int32_t*>(data)[n]};
        if (sample < 0 || sample >= count) __trap();
        return sample;
    }
};

// A number per channel, float32 or float64.
struct Factors {
    const void* data;
    bool wide;

    __device__ float operator[](int c) const {
        return wide ? static_cast<float>(static_cast<const double*>(data)[c])
                    : static_cast<const float*>(data)[c];
    }
};

struct StoredImages {
    const std::uint8_t* bytes;
    Samples samples;
    Factors scale, shift;
    int height, width, channels, per_image;  // per_image: bytes
    PrepareImagesParams params;

    // Byte `i` of the augmented image.
    __device__ std::uint8_t moved(const std::uint8_t* image, int i, const Placement& place) const {
        const int pixel = i / channels, c = i - pixel * channels;
        const int row = place.row(pixel / width), column = place.column(pixel % width, width);
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? image[(row * width + column) * channels + c] : std::uint8_t{0};
    }
};

template <class T, bool kAugmented>
struct PrepareImages {
    static constexpr int kPack = cuda::kPackSize<T>;
    StoredImages in;
    T* y;

    // A pack lies in one image: run() makes sure.
    template <int N>
    __device__ void run(std::int64_t at) const {
        const std::int64_t n = at / in.per_image, sample = in.samples[n];
        const auto first = static_cast<int>(at - n * in.per_image);
        const std::uint8_t* const image = in.bytes + sample * in.per_image;
        cuda::Pack<std::uint8_t, N> bytes;
        if constexpr (kAugmented) {
            const Placement place(in.params, sample);
            for (int k = 0; k < N; ++k) bytes[k] = in.moved(image, first + k, place);
        } else {
            bytes = cuda::load_pack<N>(image + first);
        }
        float values[N];
        int c = first % in.channels;
#pragma unroll
        for (int k = 0; k < N; ++k) {
            values[k] = static_cast<float>(bytes[k]) * in.scale[c] + in.shift[c];
            c = c + 1 == in.channels ? 0 : c + 1;
        }
        cuda::store_floats(values, y + at);
    }
};

Samples samples_of(const Tensor& samples, const Tensor& source) {
    return {samples.raw_data(), samples.dtype() == DType::int64, source.dim(0)};
}
Factors factors_of(const Tensor& tensor) { return {tensor.raw_data(), tensor.dtype() == DType::float64}; }

}  // namespace

void run(Cuda, const Images& pass, const Stream& stream) {
    const Tensor &images = pass.images, &y = pass.y;
    const std::int64_t per_image = images.dim(1) * images.dim(2) * images.dim(3);
    const StoredImages in{
        images.data<std::uint8_t>(),     samples_of(pass.samples, images), factors_of(pass.scale),
        factors_of(pass.shift),          static_cast<int>(images.dim(1)),  static_cast<int>(images.dim(2)),
        static_cast<int>(images.dim(3)), static_cast<int>(per_image),      pass.params};
    visit_cuda_floating(y.dtype(), [&]<class T>() {
        const bool packs = per_image % cuda::kPackSize<T> == 0;
        if (in.params.augments())
            launch_flat(PrepareImages<T, true>{in, y.data<T>()}, y.numel(), {images, y}, stream, packs);
        else
            launch_flat(PrepareImages<T, false>{in, y.data<T>()}, y.numel(), {images, y}, stream, packs);
    });
}

bool accepts(Cuda, const Images& pass, std::string* why_not) {
    if (pass.images.numel() > 0 && pass.images.numel() / pass.images.dim(0) > INT32_MAX)
        return refuse(why_not, "an image of more than 2^31 - 1 bytes: ", pass.images);
    return accepts_cuda_types({pass.y}, why_not);
}

}  // namespace tern::prepare_images_passes
