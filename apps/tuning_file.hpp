// The file of measured choices that `tern tune` writes and --tuning reads.
#pragma once

#include <memory>
#include <string>

#include "tern/core/devices/device.hpp"
#include "tern/kernels/dispatch/tuning.hpp"

namespace tern::apps {

/// The name of the device as the file has it: "NVIDIA H200", or "cpu".
std::string tuning_device(Device device);

std::string tuning_to_toml(const TuningTable::Choices& choices, const std::string& device,
                           const std::string& made_by);
/// Throws Error that names `file` for what is not such a table, and where it was measured on another device.
std::shared_ptr<const TuningTable> parse_tuning(std::string_view toml, const std::string& file,
                                                const std::string& device);

/// No table is longer, in bytes.
inline constexpr std::int64_t kLongestTuning = std::int64_t{16} << 20;

}  // namespace tern::apps
