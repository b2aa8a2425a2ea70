#include "tern/apps/data_flags.hpp"

#include "tern/core/environment.hpp"
#include "tern/data/cifar10.hpp"
#include "tern/data/synthetic.hpp"

namespace tern::apps {

std::string data_source(const Flag& flag, std::string_view name) {
    if (flag && !flag->empty()) return *flag;
    const std::string variable = environment("TERN_DATA");
    if (!flag && !variable.empty()) return variable;
    usage_error(
        name, "must name a folder with CIFAR-10's binary files, or be: synthetic (TERN_DATA says the same)");
}

Dataset load_split(const std::string& source, Split split) {
    return source == "synthetic" ? make_synthetic({}, split) : read_cifar10(source, split);
}

}  // namespace tern::apps
