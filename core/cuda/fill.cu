#include "tern/core/cuda/device/fill.cuh"

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/error.hpp"

namespace tern::cuda {

void fill_elements(void* data, const void* value, std::size_t element_bytes, std::int64_t count,
                   const Stream& stream) {
    switch (element_bytes) {
        case 1:
            return launch_fill<std::uint8_t>(data, value, count, stream);
        case 2:
            return launch_fill<std::uint16_t>(data, value, count, stream);
        case 4:
            return launch_fill<std::uint32_t>(data, value, count, stream);
        case 8:
            return launch_fill<std::uint64_t>(data, value, count, stream);
        default:
            TERN_ASSERT(false);
    }
}

}  // namespace tern::cuda
