#include "tern/kernels/dispatch/pass.hpp"

namespace tern {

std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    std::string name;
    for (const char letter : list) {
        if (letter == '(' || letter == ' ') continue;
        if (letter != ',' && letter != ')') {
            name += letter;
        } else if (!name.empty()) {
            names.push_back(std::exchange(name, {}));
        }
    }
    return names;
}

}  // namespace tern
