#include "tern/core/devices/device.hpp"

#include <charconv>

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/cuda/diagnosis.hpp"
#include "tern/core/error.hpp"

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

void check_device(Device device, std::string_view where) {
    if (device.is_cpu()) return;
    std::string why_not;
    const int count = cuda::device_count(&why_not);
    TERN_CHECK(count > 0, where, device, " cannot be used: ", why_not);
    const std::string misplaced = cuda::index_problem(device.index, count);
    TERN_CHECK(misplaced.empty(), where, misplaced);
    cuda::use_device(device.index);
}

DeviceInfo device_info(Device device) {
    TERN_CHECK(device.is_cuda(), "device", "facts are of CUDA devices, not of ", device);
    return cuda::info(device.index);
}
CudaVersions cuda_versions() { return cuda::versions(); }

}  // namespace tern
