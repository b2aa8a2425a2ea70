// The flags that say where and how operations run; train and evaluate share them.
#pragma once

#include "tern/apps/flags.hpp"
#include "tern/core/devices/device.hpp"
#include "tern/core/dtype.hpp"

namespace CLI {
class App;
}

namespace tern::apps {

struct RuntimeFlags {
    Flag device, precision, kernels, tuning, threads;
    void add_to(CLI::App& app);
};

struct Runtime {
    Device device;
    DType precision = DType::float32;
    std::string kernels;      // as KernelPolicy writes it
    Flag tuning;              // the file of measured choices
    std::string tuning_text;  // what is in it
    int threads = 1;
};

/// Checks the flags, sets kernel policy and threads of this program. Throws UsageError for wrong flags and
/// Error where this machine has no such device.
Runtime apply(const RuntimeFlags& flags);

/// Where "auto" goes: the first CUDA device if there is one that this build has code for, with a CUDA version
/// of every operation that training uses, else the CPU. `why` gets the reason for the CPU, or "".
Device choose_device(std::string* why = nullptr);

}  // namespace tern::apps
