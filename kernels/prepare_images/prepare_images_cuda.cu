// Planes of bytes to pixels. A thread owns as many neighbouring pixels as one pack of outputs has elements,
// in every channel: it reads a few bytes of each plane and writes `channels` packs in a row.
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
    const std::uint8_t* planes;
    Samples samples;
    Factors scale, shift;
    std::int64_t pixels;
    int height, width;
    PrepareImagesParams params;

    // The byte of a pixel of the augmented image.
    __device__ std::uint8_t moved(const std::uint8_t* plane, int pixel, const Placement& place) const {
        const int row = place.row(pixel / width), column = place.column(pixel % width, width);
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? plane[row * width + column] : std::uint8_t{0};
    }
};

// Work item i is group i % groups of kPixels pixels of image i / groups.
template <class T, int kChannels, int kPixels, bool kAugmented>
struct PrepareImages {
    StoredImages in;
    T* y;

    __device__ void operator()(std::int64_t i) const {
        const std::int64_t groups = in.pixels / kPixels, n = i / groups, pixel = i % groups * kPixels;
        const std::int64_t sample = in.samples[n];
        const std::uint8_t* planes = in.planes + sample * kChannels * in.pixels;
        float values[kPixels * kChannels];
        const Placement place(in.params, sample);  // not computed where it is not used
#pragma unroll
        for (int c = 0; c < kChannels; ++c) {
            cuda::Pack<std::uint8_t, kPixels> bytes;
            if constexpr (kAugmented) {
                for (int k = 0; k < kPixels; ++k)
                    bytes[k] = in.moved(planes + c * in.pixels, static_cast<int>(pixel) + k, place);
            } else {
                bytes = cuda::load_pack<kPixels>(planes + c * in.pixels + pixel);
            }
            const float scale = in.scale[c], shift = in.shift[c];
#pragma unroll
            for (int k = 0; k < kPixels; ++k)
                values[k * kChannels + c] = static_cast<float>(bytes[k]) * scale + shift;
        }
        T* to = y + (n * in.pixels + pixel) * kChannels;
#pragma unroll
        for (int p = 0; p < kChannels; ++p) {
            cuda::Pack<T, kPixels> pack;
#pragma unroll
            for (int k = 0; k < kPixels; ++k) pack[k] = static_cast<T>(values[p * kPixels + k]);
            cuda::store_pack<kPixels>(to + p * kPixels, pack);
        }
    }
};

// Any number of channels: an output element per thread.
template <class T>
struct PrepareElements {
    StoredImages in;
    T* y;
    int channels;

    __device__ void operator()(std::int64_t i) const {
        const int c = static_cast<int>(i % channels);
        const std::int64_t pixel = i / channels % in.pixels, n = i / channels / in.pixels;
        const std::int64_t sample = in.samples[n];
        const std::uint8_t* plane = in.planes + (sample * channels + c) * in.pixels;
        const std::uint8_t byte = in.params.augments()
                                      ? in.moved(plane, static_cast<int>(pixel), Placement(in.params, sample))
                                      : plane[pixel];
        y[i] = static_cast<T>(static_cast<float>(byte) * in.scale[c] + in.shift[c]);
    }
};

struct GatherLabels {
    const std::int32_t* labels;
    Samples samples;
    std::int32_t* y;

    __device__ void operator()(std::int64_t n) const { y[n] = labels[samples[n]]; }
};

Samples samples_of(const Tensor& samples, const Tensor& source) {
    return {samples.raw_data(), samples.dtype() == DType::int64, source.dim(0)};
}
Factors factors_of(const Tensor& tensor) { return {tensor.raw_data(), tensor.dtype() == DType::float64}; }

}  // namespace

void run(Cuda, const Images& pass, const Stream& stream) {
    const Tensor &images = pass.images, &y = pass.y;
    const std::int64_t channels = images.dim(1), pixels = images.dim(2) * images.dim(3);
    const StoredImages in{images.data<std::uint8_t>(),
                          samples_of(pass.samples, images),
                          factors_of(pass.scale),
                          factors_of(pass.shift),
                          pixels,
                          static_cast<int>(images.dim(2)),
                          static_cast<int>(images.dim(3)),
                          pass.params};
    visit_cuda_floating(y.dtype(), [&]<class T>() {
        constexpr int kPixels = cuda::kPackSize<T>;
        T* const to = y.data<T>();
        const bool packs = pixels % kPixels == 0 && cuda::is_pack_aligned<T, kPixels>(to) &&
                           cuda::is_pack_aligned<std::uint8_t, kPixels>(in.planes);
        const auto launch_packs = [&]<int kChannels>() {
            const std::int64_t count = y.numel() / (kChannels * kPixels);
            if (in.params.augments())
                launch_elements(PrepareImages<T, kChannels, kPixels, true>{in, to}, count, stream);
            else
                launch_elements(PrepareImages<T, kChannels, kPixels, false>{in, to}, count, stream);
        };
        if (packs && channels == 3)
            launch_packs.template operator()<3>();
        else if (packs && channels == 1)
            launch_packs.template operator()<1>();
        else
            launch_elements(PrepareElements<T>{in, to, static_cast<int>(channels)}, y.numel(), stream);
    });
}

void run(Cuda, const Labels& pass, const Stream& stream) {
    const Tensor &labels = pass.labels, &y = pass.y;
    launch_elements(
        GatherLabels{labels.data<std::int32_t>(), samples_of(pass.samples, labels), y.data<std::int32_t>()},
        y.numel(), stream);
}

bool accepts(Cuda, const Images& pass, std::string* why_not) { return accepts_cuda_types({pass.y}, why_not); }
bool accepts(Cuda, const Labels&, std::string*) { return true; }

}  // namespace tern::prepare_images_passes
