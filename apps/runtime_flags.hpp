// The flags that say where and how operations run; train and evaluate share them.
#pragma once

#include <span>

#include "tern/apps/flags.hpp"
#include "tern/core/devices/device.hpp"
#include "tern/core/dtype.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"

namespace CLI {
class App;
}

namespace tern::apps {

struct Runtime {
    Device device;
    DType precision = DType::float32;
    KernelPolicy kernels;
    Flag tuning;              // the file of measured choices
    std::string tuning_text;  // what is in it
    int threads = 1;

    /// The choices of a table, `text`, that is from `file`.
    void set_tuning(const std::string& file, const std::string& text);
};

struct RuntimeFlags {
    Flag device, precision, kernels, tuning, threads;

    struct Row {
        const char *name, *type, *help;
        Flag RuntimeFlags::*flag;
    };
    static std::span<const Row> rows();

    void add_to(CLI::App& app);
    /// Checks the flags, and sets nothing. Throws UsageError for wrong ones and Error where this machine has no
    /// such device.
    Runtime settings() const;
};

/// Sets kernel policy and threads of this program.
void apply(const Runtime& runtime);

/// Where "auto" goes: the first CUDA device if there is one that this build has code for, with a CUDA version
/// of every operation that training uses, else the CPU. `why` gets the reason for the CPU, or "".
Device choose_device(std::string* why = nullptr);

}  // namespace tern::apps
