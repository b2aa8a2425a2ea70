// The line about what ended a program.
#pragma once

#include <exception>
#include <string>

namespace tern::apps {

/// What an error of tern's says; of the standard library's, which say nothing to a user, what they mean.
std::string failure_line(const std::exception& error);

}  // namespace tern::apps
