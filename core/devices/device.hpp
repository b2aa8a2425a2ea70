// Where a tensor's bytes live and where its operations run.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace tern {

enum class DeviceType : std::uint8_t { cpu, cuda };

struct Device {
    DeviceType type = DeviceType::cpu;
    int index = 0;

    static Device cpu() { return {}; }
    static Device cuda(int index = 0) { return {DeviceType::cuda, index}; }

    bool is_cpu() const { return type == DeviceType::cpu; }
    bool is_cuda() const { return type == DeviceType::cuda; }
    friend bool operator==(const Device&, const Device&) = default;

    /// "cpu", "cuda:0"
    std::string str() const;
    friend std::ostream& operator<<(std::ostream& out, const Device& device) { return out << device.str(); }
};

/// "cpu", "cuda" (= "cuda:0") or "cuda:N"; throws Error otherwise. Does not ask whether the device exists.
Device parse_device(std::string_view text);

/// Whether this build and this machine can run on CUDA devices. If not, and `why_not` is given, one sentence.
bool cuda_available(std::string* why_not = nullptr);

/// Number of usable CUDA devices; 0 where cuda_available() is false.
int cuda_device_count();

}  // namespace tern
