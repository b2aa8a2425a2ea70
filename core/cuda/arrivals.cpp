#include "tern/core/cuda/arrivals.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/error.hpp"

namespace tern::cuda {
namespace {

// Never destroyed, as the streams.
struct Counts {
    std::mutex mutex;
    std::map<std::pair<int, void*>, unsigned*> of_stream;
};

Counts& counts() {
    static Counts* const all = new Counts;
    return *all;
}

}  // namespace

unsigned* arrivals(const Stream& stream) {
    const std::lock_guard lock(counts().mutex);
    unsigned*& count = counts().of_stream[{stream.device.index, stream.native}];
    if (count == nullptr) {
        constexpr std::size_t kBytes = kArrivals * sizeof(unsigned);
        void* const data = allocate(kBytes, stream);
        TERN_CHECK(data != nullptr, "memory", "out of memory on ", stream.device, ": asked for ", kBytes,
                   " bytes");
        fill(data, 0, kBytes, stream);
        count = static_cast<unsigned*>(data);
    }
    return count;
}

}  // namespace tern::cuda
