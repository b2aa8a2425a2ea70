#include "tern/core/threads/cpu_quota.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace tern {
namespace {

namespace fs = std::filesystem;

// Files of the kernel say that they have no bytes; what cannot be read says nothing.
std::string first_line(const fs::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

// Version 1 has the two numbers of cpu.max in two files, and -1 for none.
double quota_in(const fs::path& group) {
    const double quota = parse_cpu_max(first_line(group / "cpu.max"));
    return std::min(quota, parse_cpu_max(first_line(group / "cpu.cfs_quota_us") + ' ' +
                                         first_line(group / "cpu.cfs_period_us")));
}

// `path`, of /proc/self/cgroup, may begin above what a container sees of the tree: then the tree's own root
// has the container's limits.
double smallest_quota(const fs::path& tree, const fs::path& path) {
    double quota = quota_in(tree);
    fs::path group = tree;
    for (const fs::path& name : path.relative_path()) {
        group /= name;
        quota = std::min(quota, quota_in(group));
    }
    return quota;
}

bool has_cpu(std::string controllers) {
    controllers = ',' + controllers + ',';
    return controllers.find(",cpu,") != std::string::npos;
}

}  // namespace

double parse_cpu_max(const std::string& text) {
    std::istringstream in(text);
    double quota = 0, period = 0;
    return in >> quota >> period && quota > 0 && period > 0 ? quota / period : kNoQuota;
}

double cpu_quota(const fs::path& root) {
    const fs::path trees = root / "sys/fs/cgroup";
    double quota = kNoQuota;
    std::ifstream groups(root / "proc/self/cgroup");
    // "4:cpu,cpuacct:/user", of version 2 "0::/user".
    for (std::string line; std::getline(groups, line);) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const fs::path path = line.substr(second + 1);
        if (controllers.empty()) {
            for (const char* tree : {"", "unified"})
                quota = std::min(quota, smallest_quota(trees / tree, path));
        } else if (has_cpu(controllers)) {
            for (const std::string& tree : {controllers, std::string("cpu")})
                quota = std::min(quota, smallest_quota(trees / tree, path));
        }
    }
    return quota;
}

}  // namespace tern
