#include <cstdio>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tern/apps/commands.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/options.hpp"
#include "tern/apps/runtime_flags.hpp"
#include "tern/core/devices/device_info.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/distributed/join.hpp"
#include "tern/distributed/nccl_communicator.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/shared/simd.hpp"
#include "tern/models/registry.hpp"
#include "tern/version.hpp"

namespace tern::apps {
namespace {

using Json = nlohmann::ordered_json;

// Everything, in the order in which it is shown.
Json facts() {
    std::string why_no_device, why_cpu;
    Json devices = Json::array();
    for (int i = 0; i < (cuda_available(&why_no_device) ? cuda_device_count() : 0); ++i) {
        const DeviceInfo info = device_info(Device::cuda(i));
        devices.push_back({{"device", Device::cuda(i).str()},
                           {"name", info.name},
                           {"compute_capability", to_text(info.major, '.', info.minor)},
                           {"multiprocessors", info.multiprocessors},
                           {"l2_bytes", info.l2_bytes},
                           {"memory_bytes", info.total_bytes},
                           {"free_bytes", info.free_bytes},
                           {"problem", info.problem}});
    }
    const CudaVersions cuda = cuda_versions();
    const Device automatic = choose_device(&why_cpu);
    Json operations = Json::array();
    for (const Op* op : all_ops()) operations.push_back(op->name);
    Json models = Json::array();
    for (const ModelInfo& model : all_models()) models.push_back(model.name);
    return {{"tern", kVersion},
            {"build", to_text(TERN_BUILD_TYPE, ", ", TERN_COMPILER)},
            {"cuda_build", TERN_GPU_BUILD},
            {"cuda_runtime", cuda.runtime},
            {"cuda_driver", cuda.driver},
            {"cuda_architectures", cuda.architectures},
            {"cudnn", cuda.cudnn},
            {"cudnn_missing", cuda.cudnn_missing},
            {"devices", devices},
            {"no_device", why_no_device},
            {"auto", automatic.str()},
            {"auto_is_cpu_because", why_cpu},
            {"mpi", mpi_summary()},
            {"nccl", nccl_summary()},
            {"simd", simd_target()},
            {"simd_targets", simd_targets()},
            {"threads", num_threads()},
            {"cpus", ::sysconf(_SC_NPROCESSORS_ONLN)},
            {"kernels", kernel_policy().str()},
            {"operations", operations},
            {"models", models}};
}

void print(const std::string& key, const std::string& value) {
    std::printf("%-14s %s\n", key.c_str(), one_line(value).c_str());
}

std::string described(const Json& device) {
    const auto bytes = [&](const char* key) { return format_bytes(device[key].get<double>()); };
    const std::string problem = device["problem"];
    return to_text(device["name"].get<std::string>(), ", compute capability ",
                   device["compute_capability"].get<std::string>(), ", ",
                   device["multiprocessors"].get<int>(), " multiprocessors, ", bytes("memory_bytes"), " (",
                   bytes("free_bytes"), " free), L2 ", bytes("l2_bytes"),
                   problem.empty() ? "" : "; cannot be used: " + problem);
}

void print_cuda(const Json& all) {
    const auto text = [&](const char* key) { return all[key].get<std::string>(); };
    print("CUDA", text("cuda_build"));
    if (text("cuda_runtime").empty())
        return print("devices", to_text("cpu (no CUDA device: ", text("no_device"), ")"));
    const std::string driver = text("cuda_driver");
    print("driver", driver.empty() ? "none" : to_text("serves CUDA up to ", driver));
    print("cuDNN", text("cudnn").empty() ? text("cudnn_missing") : text("cudnn"));
    print("devices", all["devices"].empty() ? to_text("cpu (no CUDA device: ", text("no_device"), ")")
                                            : to_text("cpu and ", all["devices"].size(), " CUDA"));
    for (const Json& device : all["devices"]) print(device["device"], described(device));
}

void run(bool json) {
    const Json all = facts();
    if (json) {
        std::puts(all.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
        return;
    }
    const auto text = [&](const char* key) { return all[key].get<std::string>(); };
    print("tern", text("tern"));
    print("build", text("build"));
    print_cuda(all);
    const std::string why = text("auto_is_cpu_because");
    print("auto is", why.empty() ? text("auto") : to_text(text("auto"), " (", why, ")"));
    print("MPI", text("mpi"));
    print("NCCL", text("nccl"));
    print("SIMD", to_text(text("simd"), " (the machine and this build have ", text("simd_targets"), ")"));
    print("threads", to_text(all["threads"].get<int>(), " of ", all["cpus"].get<long>(), " CPUs"));
    print("kernels", to_text(text("kernels"), ", ", all["operations"].size(), " operations"));
}

}  // namespace

Run add_info_command(CLI::App& app) {
    const auto json = std::make_shared<bool>(false);
    add_flag(app, "--json", *json, "one JSON object on standard output");
    add_footer(app, "Examples:\n  tern info\n  tern info --json");
    return [json] { run(*json); };
}

}  // namespace tern::apps
