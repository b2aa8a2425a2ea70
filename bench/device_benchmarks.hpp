#pragma once

namespace tern::bench {

/// Where there is a CUDA device: measures its peaks and registers every case worth timing of every operation
/// for each `cuda` and `cudnn` version, type and state of the L2 cache:
/// "<operation>.<pass>/<case>/<implementation>/<type>/<hot|cold>". A time is that of one launch out of many
/// between two events. hot: the same tensors again and again; cold: turns among as many copies of the tensors
/// as fill twice the L2 cache. Counters: us (the median), GB/s, GFLOP/s and both as shares of the peaks, half
/// types of the tensor cores'.
void register_device_benchmarks();

}  // namespace tern::bench
