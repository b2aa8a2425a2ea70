// A CUDA device whose memory is the host's: it takes the place of the CUDA runtime in a program of tests, so that a whole
// training step runs without a GPU, and what a step asks of the runtime is counted.
#pragma once

#include <cstdint>

namespace tern::test {

/// What was asked of the runtime, beside launches of kernels.
struct DeviceCounts {
    std::int64_t allocations = 0;        // of device or page-locked memory
    std::int64_t synchronizations = 0;   // waits of the host
    std::int64_t host_reads = 0;         // copies to the host, which waits for them
    std::int64_t uploads = 0;            // copies from the host
    std::int64_t copies = 0, fills = 0;  // on the device: a node of a graph each
    std::int64_t graphs = 0;             // started
};

/// Since the start of the program.
const DeviceCounts& device_counts();

/// Whether it is memory of the device.
bool on_device(const void* address);

}  // namespace tern::test
