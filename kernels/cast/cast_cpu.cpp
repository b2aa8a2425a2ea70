// The conversions of training, as plain loops over threads.
#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/cast/cast_passes.hpp"

namespace tern::cast_passes {
namespace {

template <class From, class To>
void convert(const Tensor& x, const Tensor& y) {
    const From* from = x.data<From>();
    To* to = y.data<To>();
    parallel_for(x.numel(), 1 << 15, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) to[i] = static_cast<To>(static_cast<float>(from[i]));
    });
}

// As float32, without calls: 2 instead of the 23 ns a number of plain loops.
void convert_to_bytes(const Tensor& x, const Tensor& y) {
    const float* from = x.data<float>();
    std::uint8_t* to = y.data<std::uint8_t>();
    parallel_for(x.numel(), 1 << 15, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const float positive = from[i] > 0 ? from[i] : 0;  // a NaN is not
            to[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(positive < 255 ? positive : 255));
        }
    });
}

struct Conversion {
    DType from, to;
    void (*run)(const Tensor& x, const Tensor& y);
};

constexpr Conversion kConversions[] = {
    {DType::float32, DType::bfloat16, convert<float, bfloat16>},
    {DType::float32, DType::float16, convert<float, float16>},
    {DType::bfloat16, DType::float32, convert<bfloat16, float>},
    {DType::float16, DType::float32, convert<float16, float>},
    {DType::float32, DType::uint8, convert_to_bytes},
    {DType::uint8, DType::float32, convert<std::uint8_t, float>},
    {DType::uint8, DType::bfloat16, convert<std::uint8_t, bfloat16>},
    {DType::uint8, DType::float16, convert<std::uint8_t, float16>},
};

const Conversion* find(const Forward& pass) {
    for (const Conversion& conversion : kConversions) {
        if (conversion.from == pass.x.dtype() && conversion.to == pass.y.dtype()) return &conversion;
    }
    return nullptr;
}

}  // namespace

bool accepts(Cpu, const Forward& pass, std::string* why_not) {
    if (find(pass) != nullptr) return true;
    return refuse(why_not, "not from ", pass.x.dtype(), " to ", pass.y.dtype());
}

void run(Cpu, const Forward& pass, const Stream&) { find(pass)->run(pass.x, pass.y); }

}  // namespace tern::cast_passes
