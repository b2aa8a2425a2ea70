// The machine that a page is made on.
#pragma once

#include <string>

namespace tern::apps::report {

/// "AMD EPYC 9654, 4 CPUs": as /proc/cpuinfo names the processor, else its architecture.
std::string machine_name();

}  // namespace tern::apps::report
