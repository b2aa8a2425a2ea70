#include "tern/core/devices/range.hpp"

#include "tern/core/cuda/device_runtime.hpp"

namespace tern {

Range::Range(const char* name) noexcept { cuda::push_range(name); }
Range::~Range() { cuda::pop_range(); }

}  // namespace tern
