#include "tern/apps/failure.hpp"

#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>

#include "tern/core/error.hpp"

namespace tern::apps {

std::string failure_line(const std::exception& error) {
    // Longer than any memory is std::length_error.
    if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
        dynamic_cast<const std::length_error*>(&error) != nullptr)
        return "[memory] is not enough for this";
    if (const auto* files = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
        return to_text('[', files->path1().string(), "] cannot be used: ", files->code().message());
    if (const auto* system = dynamic_cast<const std::system_error*>(&error))
        return to_text("[system] ", system->code().message());
    if (dynamic_cast<const Error*>(&error) != nullptr) return error.what();
    return to_text("[tern] a fault of the program itself: ", error.what());
}

}  // namespace tern::apps
