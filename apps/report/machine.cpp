#include "tern/apps/report/machine.hpp"

#include <fstream>

#include <sys/utsname.h>
#include <unistd.h>

#include "tern/apps/console.hpp"
#include "tern/core/error.hpp"

namespace tern::apps::report {
namespace {

// "model name\t: AMD EPYC 9654"; other architectures have no such line.
std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
    }
    utsname system{};
    return ::uname(&system) == 0 ? system.machine : "an unknown processor";
}

}  // namespace

std::string machine_name() {
    const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
    return to_text(one_line(processor()), ", ", cpus, cpus == 1 ? " CPU" : " CPUs");
}

}  // namespace tern::apps::report
