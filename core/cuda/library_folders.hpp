// Where NVIDIA's libraries are.
#pragma once

#include <string>
#include <vector>

namespace tern::cuda {

/// Where NVIDIA's libraries are looked for, in this order: named_library_folders(); "", which is the loader's own
/// search (LD_LIBRARY_PATH, the distribution); CUDA toolkits; the distribution's folders; conda; and nvidia/*/lib
/// in the site-packages of Python installations. But for the first and second, only folders that exist.
std::vector<std::string> library_folders();

}  // namespace tern::cuda
