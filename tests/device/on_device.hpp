// Running one problem, given on the host, on the device.
#pragma once

#include <vector>

#include "tern/kernels/dispatch/op.hpp"

namespace tern::test {

/// The implementation that run_on_device() runs, and whether the case may run in place.
struct DeviceRun {
    const Implementation* implementation = nullptr;
    bool in_place = false;
};

/// Sets it for run_on_device(), which conformance takes as a plain function.
void set_device_run(const DeviceRun& run);

/// Copies the problem's tensors to cuda:0, each between guard bytes, runs the implementation there, and
/// copies the outputs back. Throws Error if a guard or an input was written, if a second run gives other
/// bits, or if, for an in-place pass, running it on the inputs' own memory does.
void run_on_device(const Problem& problem, const Stream& stream);

}  // namespace tern::test
