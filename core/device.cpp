#include "tern/core/device.hpp"

#include <charconv>

#include "tern/core/cuda/device_memory.hpp"
#include "tern/core/error.hpp"
#include "tern/core/stream.hpp"

namespace tern {

std::string Device::str() const { return is_cpu() ? "cpu" : "cuda:" + std::to_string(index); }

Device parse_device(std::string_view text) {
    if (text == "cpu") return Device::cpu();
    if (text == "cuda") return Device::cuda();
    constexpr std::string_view kPrefix = "cuda:";
    if (text.starts_with(kPrefix)) {
        const std::string_view digits = text.substr(kPrefix.size());
        int index = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
        if (error == std::errc{} && end == digits.data() + digits.size() && index >= 0)
            return Device::cuda(index);
    }
    fail("device", '"', text, "\" is none of cpu, cuda, cuda:N");
}

bool cuda_available(std::string* why_not) { return cuda::device_count(why_not) > 0; }
int cuda_device_count() { return cuda::device_count(nullptr); }

void Stream::synchronize() const {
    if (device.is_cuda()) cuda::synchronize(*this);
}

Stream current_stream(Device device) {
    // cudaStreamPerThread is the constant handle 2 in every CUDA version since 7.
    if (device.is_cuda()) return {device, reinterpret_cast<void*>(0x2)};
    return {device, nullptr};
}

}  // namespace tern
