// Bytes to numbers. Where pixels are only moved a thread owns as many neighbouring elements as a pack has, with 3
// channels 5 pixels or less; else one pixel, for which it computes all that this needs of others again.
#include "tern/kernels/prepare_images/colours.hpp"
#include "tern/kernels/prepare_images/mixing.hpp"
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
    std::int64_t per_image;  // bytes
    std::int64_t gathered;   // rows of samples, behind which those of partners lie; 0: each is at its number
    AugmentationPlan plan;

    __device__ const std::uint8_t* image(std::int64_t n, std::int64_t sample) const {
        return bytes + (gathered > 0 ? n : sample) * per_image;
    }
    __device__ const std::uint8_t* partner_image(std::int64_t n, std::int64_t partner) const {
        return image(gathered + n, partner);
    }
};

// A byte of the turned, cropped and mirrored image.
__device__ std::uint8_t placed(const std::uint8_t* image, const Placement& place, int h, int w, int c) {
    const AugmentationPlan& plan = place.plan;
    const int row = place.row(h), column = place.column(w);
    if (row < 0 || column < 0) return 0;
    const auto stored = [&](int y, int x) { return image[(y * plan.width + x) * plan.channels + c]; };
    if (plan.angle_limit == 0) return stored(row, column);
    const BilinearTaps taps = place.taps(row, column);
    return taps.mean(stored(taps.top, taps.left), stored(taps.top, taps.right),
                     stored(taps.bottom, taps.left), stored(taps.bottom, taps.right));
}

// One of the result's.
__device__ std::uint8_t shrunk(const std::uint8_t* image, const Placement& place, int h, int w, int c) {
    const AugmentationPlan& plan = place.plan;
    if (!plan.resizes()) return placed(image, place, h, w, c);
    const AreaTaps rows(h, plan.height, plan.result_height), columns(w, plan.width, plan.result_width);
    std::int64_t sum = 0;
    for (int i = rows.first(); i <= rows.last(); ++i)
        for (int j = columns.first(); j <= columns.last(); ++j)
            sum += rows.overlap(i) * columns.overlap(j) * placed(image, place, i, j, c);
    const std::int64_t area = std::int64_t{plan.height} * plan.width;
    return static_cast<std::uint8_t>((2 * sum + area) / (2 * area));
}

__device__ float sharpened(const std::uint8_t* image, const Placement& place, float sharpness, int h, int w,
                           int c) {
    const AugmentationPlan& plan = place.plan;
    const int own = shrunk(image, place, h, w, c);
    const bool at_border = h == 0 || w == 0 || h == plan.result_height - 1 || w == plan.result_width - 1;
    if (plan.sharpen == 0 || at_border) return static_cast<float>(own);
    int difference = 9 * own;
    for (int i = h - 1; i <= h + 1; ++i)
        for (int j = w - 1; j <= w + 1; ++j) difference -= shrunk(image, place, i, j, c);
    return static_cast<float>(own) + sharpness * static_cast<float>(difference);
}

template <class T, bool kMoved>
struct MovedImages {
    static constexpr int kPack = cuda::kPackSize<T>;
    StoredImages in;
    T* y;

    // A pack lies in one image: run() makes sure.
    template <int N>
    __device__ void run(std::int64_t at) const {
        const std::int64_t n = at / in.per_image, sample = in.samples[n];
        const auto first = static_cast<int>(at - n * in.per_image);
        const std::uint8_t* const image = in.image(n, sample);
        const int channels = in.plan.channels;
        cuda::Pack<std::uint8_t, N> bytes;
        if constexpr (kMoved) {
            const Placement place(in.plan, sample);
            for (int k = 0; k < N; ++k) {
                const int pixel = (first + k) / channels, c = first + k - pixel * channels;
                bytes[k] = placed(image, place, pixel / in.plan.width, pixel % in.plan.width, c);
            }
        } else {
            bytes = cuda::load_pack<N>(image + first);
        }
        float values[N];
        int c = first % channels;
#pragma unroll
        for (int k = 0; k < N; ++k) {
            values[k] = static_cast<float>(bytes[k]) * in.scale[c] + in.shift[c];
            c = c + 1 == channels ? 0 : c + 1;
        }
        cuda::store_floats(values, y + at);
    }
};

// kGroup channels of a pixel at a time: 3 where colours need all of them.
template <class T, int kGroup>
struct AugmentedImages {
    StoredImages in;
    T* y;

    __device__ void operator()(std::int64_t i) const {
        const std::int64_t per_image = std::int64_t{in.plan.result_height} * in.plan.result_width,
                           n = i / per_image;
        const auto pixel = static_cast<int>(i - n * per_image);
        const int h = pixel / in.plan.result_width, w = pixel % in.plan.result_width;
        const std::int64_t sample = in.samples[n];
        const Mix mix(in.plan, sample);
        if (mix.partner >= in.samples.count) __trap();
        for (int c = 0; c < in.plan.channels; c += kGroup) {
            float own[kGroup], other[kGroup] = {};
            prepare(in.image(n, sample), sample, h, w, c, own);
            if (mix.partner >= 0) prepare(in.partner_image(n, mix.partner), mix.partner, h, w, c, other);
            for (int k = 0; k < kGroup; ++k)
                y[i * in.plan.channels + c + k] = static_cast<T>(mix.mixed(own[k], other[k], h, w));
        }
    }

  private:
    __device__ void prepare(const std::uint8_t* image, std::int64_t sample, int h, int w, int c,
                            float (&v)[kGroup]) const {
        if (cut_out(in.plan, sample).contains(h, w)) {
            for (float& one : v) one = 0;
            return;
        }
        const Placement place(in.plan, sample);
        const Colours colours(in.plan, sample);
        for (int k = 0; k < kGroup; ++k) v[k] = sharpened(image, place, colours.sharpness, h, w, c + k);
        if (in.plan.colours) colours.apply(v);
        for (int k = 0; k < kGroup; ++k) v[k] = v[k] * in.scale[c + k] + in.shift[c + k];
    }
};

template <class T>
struct MixedTargets {
    AugmentationPlan plan;
    const std::int32_t* labels;
    Samples samples;
    std::int64_t classes;
    T* y;

    __device__ void operator()(std::int64_t i) const {
        const std::int64_t n = i / classes, k = i - n * classes, sample = samples[n];
        const Mix mix(plan, sample);
        if (mix.partner >= samples.count) __trap();
        const float own =
            static_cast<float>(mix.own) / static_cast<float>(mix.whole);  // 1 where nothing is mixed
        float value = labels[sample] == k ? own : 0;
        if (mix.partner >= 0 && labels[mix.partner] == k) value += 1 - own;
        y[i] = static_cast<T>(value);
    }
};

Samples samples_of(const Tensor& samples, std::int64_t count) {
    return {samples.raw_data(), samples.dtype() == DType::int64, count};
}
Factors factors_of(const Tensor& tensor) { return {tensor.raw_data(), tensor.dtype() == DType::float64}; }

}  // namespace

void run(Cuda, const Images& pass, const Stream& stream) {
    const Tensor &images = pass.images, &y = pass.y;
    const std::int64_t per_image = images.dim(1) * images.dim(2) * images.dim(3),
                       set_size = pass.params.set_size;
    const StoredImages in{images.data<std::uint8_t>(),
                          samples_of(pass.samples, set_size > 0 ? set_size : images.dim(0)),
                          factors_of(pass.scale),
                          factors_of(pass.shift),
                          per_image,
                          set_size > 0 ? pass.samples.dim(0) : 0,
                          AugmentationPlan(pass.params, images.shape(), pass.partners)};
    visit_cuda_floating(y.dtype(), [&]<class T>() {
        const bool packs = per_image % cuda::kPackSize<T> == 0;
        T* const to = y.data<T>();
        const std::int64_t pixels = y.dim(0) * y.dim(1) * y.dim(2);
        if (in.plan.only_copies())
            launch_flat(MovedImages<T, false>{in, to}, y.numel(), {images, y}, stream, packs);
        else if (in.plan.only_moves())
            launch_flat(MovedImages<T, true>{in, to}, y.numel(), {images, y}, stream, packs);
        else if (in.plan.channels == 3)
            launch_elements(AugmentedImages<T, 3>{in, to}, pixels, stream);
        else
            launch_elements(AugmentedImages<T, 1>{in, to}, pixels, stream);
    });
}

void run(Cuda, const Targets& pass, const Stream& stream) {
    const AugmentationPlan plan(
        pass.params.images, {pass.labels.dim(0), pass.params.height, pass.params.width, 1}, pass.partners);
    visit_cuda_floating(pass.y.dtype(), [&]<class T>() {
        launch_elements(
            MixedTargets<T>{plan, pass.labels.data<std::int32_t>(),
                            samples_of(pass.samples, pass.labels.dim(0)), pass.y.dim(1), pass.y.data<T>()},
            pass.y.numel(), stream);
    });
}

bool accepts(Cuda, const Images& pass, std::string* why_not) {
    if (pass.images.numel() > 0 && pass.images.numel() / pass.images.dim(0) > INT32_MAX)
        return refuse(why_not, "an image of more than 2^31 - 1 bytes: ", pass.images);
    return accepts_cuda_types({pass.y}, why_not);
}

bool accepts(Cuda, const Targets& pass, std::string* why_not) {
    return accepts_cuda_types({pass.y}, why_not);
}

}  // namespace tern::prepare_images_passes
