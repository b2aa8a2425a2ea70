#include "tern/core/cuda/diagnosis.hpp"

#include <charconv>
#include <iomanip>
#include <sstream>

#include "tern/core/error.hpp"

namespace tern::cuda {
namespace {

// "90a-real": 90, 'a', code for one generation and no other.
struct Architecture {
    int number = 0;  // 10 major + minor
    char family = 0;
    bool binary = true, intermediate = true;

    bool parse(std::string_view text) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || number < 10) return false;
        std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
        if (rest.starts_with('a') || rest.starts_with('f')) {
            family = rest.front();
            rest.remove_prefix(1);
        }
        binary = rest != "-virtual";
        intermediate = rest != "-real";
        return rest.empty() || rest == "-real" || rest == "-virtual";
    }

    bool serves(int device) const {
        if (family == 'a') return device == number;
        const bool same_generation = device / 10 == number / 10 && device >= number;
        if (family == 'f') return same_generation;
        // Binary code runs on later devices of its generation, intermediate code is compiled for any later
        // one.
        return (binary && same_generation) || (intermediate && device >= number);
    }
};

}  // namespace

std::string version_text(int version) { return to_text(version / 1000, '.', version % 1000 / 10); }

std::string size_text(std::int64_t bytes) {
    if (bytes < 1024 * 1024) return to_text(bytes, " bytes");
    std::ostringstream out;
    out << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / (1024.0 * 1024.0) << " MiB";
    return out.str();
}

std::string why_no_device(const DeviceSearch& search) {
    if (search.devices > 0) return "";
    const std::string needed = version_text(search.runtime_version);
    if (search.driver_version == 0)
        return to_text(
            "no NVIDIA driver is installed (libcuda.so.1 cannot be opened); this build is made with CUDA ",
            needed);
    if (search.driver_too_old)
        return to_text("the NVIDIA driver serves CUDA up to ", version_text(search.driver_version),
                       ", this build needs ", needed, ": a newer driver, or a build with an older toolkit");
    const std::string visible =
        search.visible.empty() ? "" : to_text(" (CUDA_VISIBLE_DEVICES is \"", search.visible, "\")");
    if (search.error.empty()) return "the driver shows no device" + visible;
    return search.error + visible;
}

std::string index_problem(int index, int count) {
    if (index >= 0 && index < count) return "";
    return to_text("cuda:", index, " does not exist; this machine has ", count, " CUDA device",
                   count == 1 ? "" : "s", ", counted from 0");
}

bool has_code_for(std::string_view architectures, int major, int minor) {
    const int device = 10 * major + minor;
    while (!architectures.empty()) {
        const std::size_t comma = architectures.find(',');
        Architecture built;
        if (!built.parse(architectures.substr(0, comma)) || built.serves(device)) return true;
        architectures = comma == std::string_view::npos ? "" : architectures.substr(comma + 1);
    }
    return false;
}

std::string architecture_problem(std::string_view architectures, std::string_view device_name, int major,
                                 int minor) {
    if (has_code_for(architectures, major, minor)) return "";
    return to_text("this build has code for ", architectures, ", the device (", device_name, ") is ", major,
                   minor, ": configure with -DCMAKE_CUDA_ARCHITECTURES=", major, minor);
}

std::string out_of_memory_text(Device device, std::int64_t asked, std::int64_t used, std::int64_t free,
                               std::int64_t total) {
    std::string text = to_text("out of memory on ", device, ": asked for ", size_text(asked),
                               ", tensors use ", size_text(used));
    if (free >= 0) text += to_text(", ", size_text(free), " of ", size_text(total), " are free");
    return text + "; a smaller batch needs less";
}

}  // namespace tern::cuda
