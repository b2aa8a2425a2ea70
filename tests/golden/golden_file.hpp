// The files of this folder as JSON, entries in their order.
#pragma once

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "tern/core/error.hpp"

namespace tern::test {

using Json = nlohmann::ordered_json;

/// `name` without its folder and ".json".
inline Json read_golden(const std::string& name) {
    const std::string path = std::string(TERN_GOLDEN_DIR) + "/" + name + ".json";
    std::ifstream file(path);
    TERN_CHECK(file.good(), "golden", "cannot open ", path);
    return Json::parse(file);
}

}  // namespace tern::test
