#include "tern/core/devices/range.hpp"

#include "tern/core/cuda/device_runtime.hpp"

namespace tern {

NvtxRange::NvtxRange(const char* name) noexcept { cuda::push_range(name); }
NvtxRange::~NvtxRange() { cuda::pop_range(); }

}  // namespace tern
