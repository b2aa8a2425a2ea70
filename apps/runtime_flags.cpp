#include "tern/apps/runtime_flags.hpp"

#include <algorithm>

#include "tern/apps/options.hpp"
#include "tern/apps/ranks.hpp"
#include "tern/apps/toml_text.hpp"
#include "tern/apps/tuning_file.hpp"
#include "tern/core/devices/device_info.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/training/required_passes.hpp"

namespace tern::apps {
namespace {

constexpr std::int64_t kMostThreads = 4096;

// "" where training can run on the first CUDA device.
std::string why_not_cuda() {
    std::string reason;
    if (!cuda_available(&reason)) return reason;
    const std::vector<const Pass*> required = required_passes();
    const auto missing = std::ranges::find_if_not(
        required, [](const Pass* pass) { return has_implementation(*pass, DeviceType::cuda); });
    if (missing != required.end())
        return to_text((*missing)->op, " has no CUDA implementation of ", (*missing)->name);
    return device_info(Device::cuda()).problem;
}

Device checked_device(const std::string& text) {
    Device device;
    try {
        device = text == "auto" ? choose_device() : parse_device(text);
        if (device.is_cuda() && !text.starts_with("cuda:")) device.index = local_rank();
    } catch (const Error&) {
        usage_error("--device", "must be one of auto, cpu, cuda, cuda:N, got ", text);
    }
    check_device(device, "--device");
    return device;
}

DType checked_precision(const std::string& text, Device device) {
    const DType precision =
        parse_dtype(parse_choice("--precision", text, {"float32", "bfloat16", "float16", "float64"}));
    if (precision == DType::float64 && !device.is_cpu())
        usage_error("--precision", "float64 is for --device cpu, got ", device);
    return precision;
}

KernelPolicy checked_policy(const std::string& text, Device device) {
    try {
        KernelPolicy policy = KernelPolicy::parse(text);
        const auto check = [&](const std::string& name) {
            if (device_of_implementation(name) != device.type)
                usage_error("--kernels", name, " cannot run on ", device, ", got ", text);
        };
        if (policy.preferred) check(*policy.preferred);
        for (const auto& [op, name] : policy.forced) check(name);
        return policy;
    } catch (const Error& error) {
        usage_error("--kernels", error.rule());
    }
}

}  // namespace

std::span<const RuntimeFlags::Row> RuntimeFlags::rows() {
    static constexpr Row kRows[] = {
        {"device", "NAME", "auto|cpu|cuda|cuda:N (default auto)", &RuntimeFlags::device},
        {"precision", "NAME", "float32|bfloat16|float16|float64 (default float32; float64 on the CPU only)",
         &RuntimeFlags::precision},
        {"kernels", "POLICY",
         "auto|NAME|OP=NAME,... with NAME of ref, cpu, cpu_winograd, cpu_bf16, cuda, cuda_mma, cudnn, "
         "unfused "
         "(default auto)",
         &RuntimeFlags::kernels},
        {"tuning", "FILE", "table of measured choices from tern tune", &RuntimeFlags::tuning},
        {"threads", "N", "threads on the CPU (default: all CPUs of this process)", &RuntimeFlags::threads},
    };
    return kRows;
}

void RuntimeFlags::add_to(CLI::App& app) {
    for (const Row& row : rows())
        add_option(app, to_text("--", row.name), this->*row.flag, row.type, row.help);
}

Runtime RuntimeFlags::settings() const {
    Runtime runtime;
    runtime.threads =
        threads ? static_cast<int>(parse_integer("--threads", *threads, 1, kMostThreads)) : num_threads();
    runtime.device = checked_device(device.value_or("auto"));
    runtime.precision = checked_precision(precision.value_or("float32"), runtime.device);
    runtime.kernels = kernels ? checked_policy(*kernels, runtime.device) : kernel_policy();
    runtime.kernels.tuning = nullptr;
    if (tuning) runtime.set_tuning(*tuning, read_toml_file(*tuning, kLongestTuning));
    return runtime;
}

void Runtime::set_tuning(const std::string& file, const std::string& text) {
    tuning = file;
    tuning_text = text;
    kernels.tuning = parse_tuning(text, file, tuning_device(device));
}

void apply(const Runtime& runtime) {
    set_num_threads(runtime.threads);
    set_kernel_policy(runtime.kernels);
}

Device choose_device(std::string* why) {
    const std::string reason = why_not_cuda();
    if (why != nullptr) *why = reason;
    return reason.empty() ? Device::cuda() : Device::cpu();
}

}  // namespace tern::apps
