// The kernel into which faults are planted.
#pragma once

#include "tern/core/devices/stream.hpp"

/// y[i] = w[0] x[i] + w[1] x[j], where j is the next element of i's group of 64, and the group's first for
/// its last. x, y: (n); w: (2); n a multiple of 64 or the last group reads zeros.
void stencil(const float* x, const float* w, float* y, int n, const tern::Stream& stream);
