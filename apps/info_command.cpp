#include <cstdio>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "tern/apps/commands.hpp"
#include "tern/apps/runtime_flags.hpp"
#include "tern/core/parallel.hpp"
#include "tern/kernels/dispatch.hpp"
#include "tern/kernels/simd.hpp"
#include "tern/version.hpp"

namespace tern::apps {
namespace {

void print(const char* key, const std::string& value) { std::printf("%-14s %s\n", key, value.c_str()); }

std::string devices() {
    std::string why;
    if (!cuda_available(&why)) return to_text("cpu (no CUDA device: ", why, ")");
    std::string names = "cpu";
    for (int i = 0; i < cuda_device_count(); ++i) names += to_text(", ", Device::cuda(i));
    return names;
}

std::string automatic() {
    std::string why;
    const Device device = choose_device(&why);
    return device.is_cpu() ? to_text(device, " (", why, ")") : device.str();
}

void run() {
    print("tern", kVersion);
    print("build", to_text(TERN_BUILD_TYPE, ", ", TERN_COMPILER));
    print("CUDA", TERN_GPU_BUILD);
    print("devices", devices());
    print("auto is", automatic());
    print("SIMD", to_text(simd_target(), " (the machine and this build have ", simd_targets(), ")"));
    print("threads", to_text(num_threads(), " of ", ::sysconf(_SC_NPROCESSORS_ONLN), " CPUs"));
    print("kernels", to_text(kernel_policy().str(), ", ", all_ops().size(), " operations"));
}

}  // namespace

Run add_info_command(CLI::App& /*app*/) { return run; }

}  // namespace tern::apps
